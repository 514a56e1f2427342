"""The version of the package: the build, the command line and the records read it from here."""

VERSION = "0.1.0"
