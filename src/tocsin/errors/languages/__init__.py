"""Reading failures off the stack traces of each language. Each module has `parse`; what it cannot read, it leaves."""

from tocsin.errors.languages import dotnet, go, java, javascript, php, python, ruby

__all__ = ["dotnet", "go", "java", "javascript", "php", "python", "ruby"]
