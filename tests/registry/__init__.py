"""The registry on both databases. A package, so that its conftest does not hide that of all tests."""
