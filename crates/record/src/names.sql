-- A collection is there by its name, also while nothing is in it.
CREATE TABLE collection_names (
    name TEXT PRIMARY KEY
) STRICT;
INSERT INTO collection_names (name) SELECT DISTINCT name FROM collections;
