"""The functions and classes that the files of a reproduction are made from. Each file gets only those that it uses."""
