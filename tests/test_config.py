"""The configuration: what is wrong is told in a line each, with file, key, found and expected, and never a secret."""

import logging
import re

import pytest

from alerts.channels import FileOptions, SmtpOptions
from khasan import logs
from khasan.config import Config, ConfigError, find_file, load_config

SECRET = "correct horse"
READER = '[[reader]]\nname = "ann"\naddress = "ann@example.org"\n'
OPERATOR = '[operator]\naddress = "op@example.org"\n'


@pytest.fixture
def load(tmp_path):
    """Load a configuration written for the occasion."""

    def read(text, environment=None):
        path = tmp_path / "khasan.toml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, environment or {})

    return read


@pytest.fixture
def problems(load):
    """The faults of a configuration, a line each."""

    def read(text, environment=None):
        with pytest.raises(ConfigError) as raised:
            load(text, environment)
        assert str(raised.value) == "\n".join(raised.value.problems)
        return raised.value.problems

    return read


# --- faults


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[collect]\nintervall = 5", 'khasan.toml: collect.intervall: unknown key; did you mean "interval"?'),
        ("[colect]", 'khasan.toml: colect: unknown key; did you mean "collect"?'),
        ("nonsense = 1", "khasan.toml: nonsense: unknown key; known are data, topic, collect, smtp, mail, operator, log, reader"),
        ('[collect]\ndelay = "1"', 'khasan.toml: collect.delay: found "1", expected a number'),
        ("[collect]\nobey_robots = 1", "khasan.toml: collect.obey_robots: found 1, expected true or false"),
        ("[collect]\nworkers = 1.5", "khasan.toml: collect.workers: found 1.5, expected a whole number"),
        ("[collect]\ncontact = true", "khasan.toml: collect.contact: found true, expected text"),
        ("[collect]\nworkers = 0", "khasan.toml: collect.workers: found 0, expected 1 or more"),
        ("[collect]\ninterval = nan", "khasan.toml: collect.interval: found nan, expected seconds, more than 0 and at most a year"),
        ("[collect]\ndelay = -1", "khasan.toml: collect.delay: found -1, expected seconds, 0 to 3600"),
        ("[data]\nkeep_pages_days = -3", "khasan.toml: data.keep_pages_days: found -3, expected days, more than 0 and at most 36525"),
        ("[data]\nkeep_texts_days = inf", "khasan.toml: data.keep_texts_days: found inf, expected days, more than 0 and at most 36525"),
        ('[log]\nlevel = "loud"', 'khasan.toml: log.level: found "loud", expected one of "debug", "info", "warning", "error"'),
        ("data = 5", "khasan.toml: data: found a single value, expected a table [data]"),
        ("[[data]]", "khasan.toml: data: found a single value, expected a table [data]"),
        ("[smtp]\nport = 25", "khasan.toml: smtp.host: missing, expected text"),
        (f'{OPERATOR}[smtp]\nhost = "x"\nport = 99999', "khasan.toml: smtp.port: found 99999, expected 0 to 65535"),
        ('[smtp]\nhost = "x"', "khasan.toml: operator.address: missing, expected an address, since mails leave by [smtp]"),
        ('[operator]\naddress = "nobody"', "khasan.toml: operator.address: 'nobody' is not a mail address such as user@example.org"),
        ('[mail]\nsender = "Khasan"', "khasan.toml: mail: 'Khasan' is not a mail address such as user@example.org"),
        ('[mail]\nlist_id = "a b"', "khasan.toml: mail: 'a b' is not a list's identifier such as khasan.localhost"),
        ("reader = 5", "khasan.toml: reader: expected tables [[reader]]"),
        ("[reader]\nname = 'x'", "khasan.toml: reader: expected tables [[reader]]"),
        ('[[reader]]\nname = "ann"', "khasan.toml: reader ann.address: missing, expected text"),
        ('[[reader]]\naddress = "a@b.org"', "khasan.toml: reader 1.name: missing, expected text"),
        (f'{READER}zone = "Kyiv"', 'khasan.toml: reader ann.zone: found "Kyiv", expected a zone such as "Europe/Kyiv"'),
        (f'{READER}zone = "../etc"', 'khasan.toml: reader ann.zone: found "../etc", expected a zone such as "Europe/Kyiv"'),
        (f'{READER}rules = "arms"', 'khasan.toml: reader ann.rules: found "arms", expected a list of text'),
        (f"{READER}max_per_hour = 0", "khasan.toml: reader ann.max_per_hour: found 0, expected 1 or more"),
        (f"{READER}delay_minutes = -1", "khasan.toml: reader ann.delay_minutes: found -1, expected minutes, 0 to 1440"),
        (f"{READER}delay_minutes = nan", "khasan.toml: reader ann.delay_minutes: found nan, expected minutes, 0 to 1440"),
        (f"{READER}least_relevance = 40", "khasan.toml: reader ann.least_relevance: found 40, expected 0 to 1"),
        (f'{READER}digest = "07:30"', 'khasan.toml: reader ann.digest: found "07:30", expected "daily 07:30", "weekdays 07:30", "weekly mon 07:30" or a cron line such as "30 7 * * 1-5"'),
        (f'{READER}digest = "* 7 * * *"', 'khasan.toml: reader ann.digest: found "* 7 * * *", which comes 60 times an hour, expected 6 or fewer'),
        (f'{READER}quiet = "22-7"', 'khasan.toml: reader ann.quiet: found "22-7", expected hours such as "22:00-07:00"'),
        (f"{READER}immediate = false", "khasan.toml: reader ann.immediate: found false and no digest, expected true or a digest: this reader would never be told anything"),
        (f'{READER}immediate = "no"', 'khasan.toml: reader ann.immediate: found "no", expected true or false'),
        (f'{READER}adress = "x"', 'khasan.toml: reader ann.adress: unknown key; did you mean "address"?'),
        (READER * 2, 'khasan.toml: reader ann: the name "ann" stands twice; each reader needs one of his own'),
        ('[[reader]]\nname = "operator"\naddress = "a@b.org"', 'khasan.toml: reader operator: the name "operator" is taken by [operator]'),
    ],
)  # fmt: skip
def test_a_fault_is_one_line_that_can_be_acted_on(problems, text, line):
    assert problems(text) == [line]


def test_a_bad_address_is_told_with_what_was_found(problems):
    (line,) = problems('[[reader]]\nname = "ann"\naddress = "ann at example"')
    assert line.startswith('khasan.toml: reader ann.address: found "ann at example", expected an address')


def test_all_faults_are_told_at_once(problems):
    found = problems(f"""
        [collect]
        intervall = 5
        delay = "1"
        [data]
        keep_pages_days = "long"
        [smtp]
        host = 1
        [log]
        level = "loud"
        {READER}zone = "Kyiv"
        {READER.replace("ann", "bob")}max_per_hour = 0
    """)
    assert [line.split(":")[1].strip() for line in found] == [
        "data.keep_pages_days",
        "collect.intervall",
        "collect.delay",
        "smtp.host",
        "log.level",
        "reader ann.zone",
        "reader bob.max_per_hour",
    ]
    assert all(re.fullmatch(r"khasan\.toml: .+: .+", line) and "\n" not in line for line in found)


def test_a_long_value_is_shortened(problems):
    (line,) = problems(f'[collect]\ndelay = "{"x" * 5000}"')
    assert len(line) < 150


@pytest.mark.parametrize("content", [b"[collect\n", b"a = \xff\n", b"[a]\n[a]\n", b"password = correct horse\n"])
def test_what_is_not_toml_is_told_with_its_place(tmp_path, content):
    path = tmp_path / "khasan.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        load_config(path, {})
    (line,) = raised.value.problems
    assert line.startswith(f"{path}: not valid TOML: ")
    assert "horse" not in line


def test_a_file_that_is_not_there_or_cannot_be_read(tmp_path):
    with pytest.raises(ConfigError, match="not found; `khasan init` writes one"):
        load_config(tmp_path / "nowhere.toml", {})
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load_config(tmp_path, {})


# --- the environment


def test_the_environment_goes_over_the_file(load):
    config = load(
        "[collect]\ndelay = 5\ninterval = 60\n",
        {
            "KHASAN_COLLECT__DELAY": "0.5",
            "KHASAN_COLLECT__WORKERS": "3",
            "KHASAN_COLLECT__OBEY_ROBOTS": "false",
            "KHASAN_COLLECT__PAGES": "1",
            "KHASAN_LOG__FORMAT": "json",
            "KHASAN_DATA__DATABASE": "2026",
            "PATH": "/bin",
            "KHASAN_CONFIG": "elsewhere.toml",
            "KHASAN_KILL_AT": "review.1",
        },
    )
    collect = config.collect
    assert (collect.delay, collect.interval, collect.workers) == (0.5, 60, 3)
    assert (collect.obey_robots, collect.pages) == (False, True)
    assert (config.log.format, config.data.database) == ("json", "2026")


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("KHASAN_COLLECT__DELAY", "soon", 'environment: KHASAN_COLLECT__DELAY: found "soon", expected a number'),
        ("KHASAN_COLLECT__WORKERS", "2.5", 'environment: KHASAN_COLLECT__WORKERS: found "2.5", expected a whole number'),
        ("KHASAN_COLLECT__PAGES", "maybe", 'environment: KHASAN_COLLECT__PAGES: found "maybe", expected true or false'),
        ("KHASAN_LOG__LEVEL", "loud", 'environment: KHASAN_LOG__LEVEL: found "loud", expected one of "debug", "info", "warning", "error"'),
        ("KHASAN_COLLECT__INTERVALL", "5", 'environment: KHASAN_COLLECT__INTERVALL: unknown key; did you mean "interval"?'),
        ("KHASAN_SMPT__HOST", "x", 'environment: KHASAN_SMPT__HOST: unknown section; did you mean "smtp"?'),
        ("KHASAN_SMTP_PASSWORD", SECRET, "environment: KHASAN_SMTP_PASSWORD: unknown; did you mean KHASAN_SMTP__PASSWORD, with two underscores?"),
        ("KHASAN_COLLECT__WORKERS", "0", "khasan.toml: collect.workers: found 0, expected 1 or more"),
    ],
)  # fmt: skip
def test_faults_of_the_environment(problems, name, value, line):
    assert problems("", {name: value}) == [line]


def test_smtp_can_be_all_environment(load):
    config = load(OPERATOR, {"KHASAN_SMTP__HOST": "mail.example", "KHASAN_SMTP__PASSWORD": SECRET})
    assert config.channel_options == SmtpOptions("mail.example", password=SECRET)


# --- secrets


@pytest.mark.parametrize(
    ("text", "environment"),
    [
        (f'[smtp]\nhost = 1\npassword = "{SECRET}"', {}),
        (f'[smtp]\nhost = "x"\npassword = ["{SECRET}"]', {}),
        (f'[smtp]\nhost = "x"\npassword = "{SECRET}"\nport = 99999\n{OPERATOR}', {}),
        (f'[smtp]\nhost = "x"\npasword = "{SECRET}"', {}),
        (f'smtp = "smtp://user:{SECRET}@mail"', {}),
        (f'[smtp]\nhost = "x"\npassword = "{SECRET}\n', {}),
        (f'[smtp.password]\nvalue = "{SECRET}"', {}),
        ("[smtp]\nport = 1", {"KHASAN_SMTP__PASSWORD": SECRET}),
        ("", {"KHASAN_SMTP__PASWORD": SECRET}),
        ("", {"KHASAN_STMP__PASSWORD": SECRET}),
        ("", {"KHASAN_SMTP_PASSWORD": SECRET}),
    ],
)
def test_no_fault_shows_a_password(problems, text, environment):
    assert not [line for line in problems(text, environment) if SECRET in line]


def test_a_password_of_another_type_is_a_fault_that_does_not_show_it(problems):
    assert problems('[smtp]\nhost = "x"\npassword = 5150') == [
        "khasan.toml: smtp.password: found (not shown), expected text"
    ]


def test_a_password_is_not_in_what_is_printed_or_logged(load, capsys):
    config = load(f'{OPERATOR}[smtp]\nhost = "x"\nusername = "u"\npassword = "{SECRET}"')
    assert config.smtp.password == SECRET
    assert SECRET not in f"{config!r} {config} {config.smtp!r} {config.channel_options!r}"
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    try:
        for form in ("text", "json"):
            logs.set_up("info", form)
            import structlog

            structlog.get_logger().warning("mail", smtp=config.smtp, password=SECRET, smtp_password=SECRET)
            logging.getLogger("any").warning("options %s", config)
    finally:
        structlog.reset_defaults()
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
    shown = capsys.readouterr()
    assert "mail" in shown.err
    assert SECRET not in shown.err + shown.out


# --- what it comes to


def test_everything_has_a_default(load, tmp_path):
    config = load("")
    assert config.database == tmp_path / "khasan.db"
    assert config.overlay == tmp_path / "topic"
    assert config.channel_options == FileOptions(tmp_path / "outbox")
    assert config.readers == ()


def test_a_reader_may_have_digests_alone(load):
    (ann,) = load(f'{READER}immediate = false\ndigest = "weekdays 07:30; 0 12 * * 6,0"\nquiet = "22:00-07:00"').readers
    assert (ann.immediate, ann.delay_minutes, ann.least_relevance) == (False, 0, 0)


def test_without_a_file_the_data_are_in_a_folder_of_their_own(tmp_path):
    config = load_config(None, {}, tmp_path)
    assert (config.file, config.database) == (None, tmp_path / "data" / "khasan.db")
    assert isinstance(config, Config)


def test_paths_are_relative_to_the_file(load, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    config = load(
        f'{OPERATOR}[smtp]\nhost = "x"\nca_file = "ca.pem"\n[data]\ndatabase = "deep/k.db"\n[topic]\noverlay = "/etc/t"'
    )
    assert config.smtp.ca_file == tmp_path / "ca.pem"
    assert config.database == tmp_path / "deep" / "k.db"
    assert str(config.overlay) == "/etc/t"


def test_which_file_is_read(tmp_path):
    assert find_file({}, tmp_path) is None
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "khasan.toml").touch()
    assert find_file({}, tmp_path) == tmp_path / "data" / "khasan.toml"
    (tmp_path / "khasan.toml").touch()
    assert find_file({}, tmp_path) == tmp_path / "khasan.toml"
    assert str(find_file({"KHASAN_CONFIG": "/else/where.toml"}, tmp_path)) == "/else/where.toml"
