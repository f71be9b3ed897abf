-- Collections of which everything is computed ahead.
CREATE TABLE pins (
    collection TEXT PRIMARY KEY
) STRICT;
