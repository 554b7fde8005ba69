"""The rules of the form check, one module per family. Pure: no Java, no network."""
