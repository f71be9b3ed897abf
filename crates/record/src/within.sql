-- The collection within which it was asked; it may have been taken away since.
ALTER TABLE turns ADD COLUMN collection TEXT;
