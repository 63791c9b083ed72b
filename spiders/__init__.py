"""Getting it: sources are polled, pages fetched and read, and handed to the archive as plain values."""
