"""What GDELT calls languages and countries, and their codes. Its countries are FIPS 10-4's, some under older names."""

from __future__ import annotations

import re

_LANGUAGES = """
af Afrikaans|sq Albanian|am Amharic|ar Arabic|hy Armenian|az Azerbaijani|eu Basque|be Belarusian|bn Bengali|bs Bosnian
bg Bulgarian|my Burmese|ca Catalan|zh Chinese|zh ChineseT|zh Chinese Traditional|zh Chinese Simplified|hr Croatian|cs Czech
da Danish|nl Dutch|en English|et Estonian|tl Filipino|fi Finnish|fr French|gl Galician|ka Georgian|de German|el Greek
gu Gujarati|ha Hausa|he Hebrew|hi Hindi|hu Hungarian|is Icelandic|id Indonesian|ga Irish|it Italian|ja Japanese|kn Kannada
kk Kazakh|km Khmer|ko Korean|ku Kurdish|ky Kyrgyz|lo Lao|lo Laothian|lv Latvian|lt Lithuanian|mk Macedonian|ms Malay
ml Malayalam|mt Maltese|mr Marathi|mn Mongolian|ne Nepali|no Norwegian|nn Norwegian Nynorsk|or Oriya|ps Pashto|fa Persian
pl Polish|pt Portuguese|pa Punjabi|ro Romanian|ru Russian|sr Serbian|si Sinhalese|si Sinhala|sk Slovak|sl Slovenian
so Somali|es Spanish|sw Swahili|sv Swedish|tg Tajik|ta Tamil|te Telugu|th Thai|bo Tibetan|tr Turkish|tk Turkmen
uk Ukrainian|ur Urdu|uz Uzbek|vi Vietnamese|cy Welsh
"""
_COUNTRIES = """
AF Afghanistan|AL Albania|DZ Algeria|AD Andorra|AO Angola|AG Antigua And Barbuda|AR Argentina|AM Armenia|AW Aruba
AU Australia|AT Austria|AZ Azerbaijan|BS Bahamas|BH Bahrain|BD Bangladesh|BB Barbados|BY Belarus|BE Belgium|BZ Belize
BJ Benin|BM Bermuda|BT Bhutan|BO Bolivia|BA Bosnia-Herzegovina|BA Bosnia And Herzegovina|BW Botswana|BR Brazil|BN Brunei
BG Bulgaria|BF Burkina Faso|MM Burma|BI Burundi|KH Cambodia|CM Cameroon|CA Canada|CV Cape Verde|KY Cayman Islands
CF Central African Republic|TD Chad|CL Chile|CN China|CO Colombia|KM Comoros|CG Congo|CG Republic Of The Congo
CD Democratic Republic Of The Congo|CD Democratic Republic Of Congo|CK Cook Islands|CR Costa Rica|CI Cote D'Ivoire
CI Ivory Coast|HR Croatia|CU Cuba|CY Cyprus|CZ Czech Republic|CZ Czechia|DK Denmark|DJ Djibouti|DM Dominica
DO Dominican Republic|TL East Timor|TL Timor-Leste|EC Ecuador|EG Egypt|SV El Salvador|GQ Equatorial Guinea|ER Eritrea
EE Estonia|SZ Eswatini|ET Ethiopia|FK Falkland Islands|FO Faroe Islands|FJ Fiji|FI Finland|FR France|GF French Guiana
PF French Polynesia|GA Gabon|GM Gambia|PS Gaza Strip|GE Georgia|DE Germany|GH Ghana|GI Gibraltar|GR Greece|GL Greenland
GD Grenada|GP Guadeloupe|GU Guam|GT Guatemala|GG Guernsey|GN Guinea|GW Guinea-Bissau|GY Guyana|HT Haiti|HN Honduras
HK Hong Kong|HU Hungary|IS Iceland|IN India|ID Indonesia|IR Iran|IQ Iraq|IE Ireland|IM Isle Of Man|IL Israel|IT Italy
JM Jamaica|JP Japan|JE Jersey|JO Jordan|KZ Kazakhstan|KE Kenya|KI Kiribati|XK Kosovo|KW Kuwait|KG Kyrgyzstan|LA Laos
LV Latvia|LB Lebanon|LS Lesotho|LR Liberia|LY Libya|LI Liechtenstein|LT Lithuania|LU Luxembourg|MO Macau|MK Macedonia
MK North Macedonia|MG Madagascar|MW Malawi|MY Malaysia|MV Maldives|ML Mali|MT Malta|MH Marshall Islands|MQ Martinique
MR Mauritania|MU Mauritius|YT Mayotte|MX Mexico|FM Micronesia|MD Moldova|MC Monaco|MN Mongolia|ME Montenegro|MS Montserrat
MA Morocco|MZ Mozambique|MM Myanmar|NA Namibia|NR Nauru|NP Nepal|NL Netherlands|NC New Caledonia|NZ New Zealand
NI Nicaragua|NE Niger|NG Nigeria|KP North Korea|NO Norway|OM Oman|PK Pakistan|PW Palau|PS Palestine|PA Panama
PG Papua New Guinea|PY Paraguay|PE Peru|PH Philippines|PL Poland|PT Portugal|PR Puerto Rico|QA Qatar|RE Reunion|RO Romania
RU Russia|RW Rwanda|KN Saint Kitts And Nevis|LC Saint Lucia|VC Saint Vincent And The Grenadines|WS Samoa|SM San Marino
ST Sao Tome And Principe|SA Saudi Arabia|SN Senegal|RS Serbia|SC Seychelles|SL Sierra Leone|SG Singapore|SK Slovakia
SK Slovak Republic|SI Slovenia|SB Solomon Islands|SO Somalia|ZA South Africa|KR South Korea|SS South Sudan|ES Spain
LK Sri Lanka|SD Sudan|SR Suriname|SZ Swaziland|SE Sweden|CH Switzerland|SY Syria|TW Taiwan|TJ Tajikistan|TZ Tanzania
TH Thailand|TG Togo|TO Tonga|TT Trinidad And Tobago|TN Tunisia|TR Turkey|TR Turkiye|TM Turkmenistan
TC Turks And Caicos Islands|TV Tuvalu|UG Uganda|UA Ukraine|AE United Arab Emirates|GB United Kingdom|US United States
UY Uruguay|UZ Uzbekistan|VU Vanuatu|VA Vatican City|VE Venezuela|VN Vietnam|VN Viet Nam|VG British Virgin Islands
VI Virgin Islands|PS West Bank|EH Western Sahara|YE Yemen|ZM Zambia|ZW Zimbabwe
"""


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower().removeprefix("the "))


def _table(text: str) -> dict[str, str]:
    pairs = (line.split(" ", 1) for line in re.split(r"[|\n]", text.strip()))
    return {_letters(name): code for code, name in pairs}


_LANGUAGE_OF = _table(_LANGUAGES)
_COUNTRY_OF = _table(_COUNTRIES)


def language_of(name: str) -> str:
    """The code of a language by its English name; "" if it is not known."""
    return _LANGUAGE_OF.get(_letters(name[:60]), "")


def country_of(name: str) -> str:
    """The two letters of a country by its English name; "" if it is not known."""
    return _COUNTRY_OF.get(_letters(name[:60]), "")
