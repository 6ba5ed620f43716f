"""xinqiao (信桥): reports a bureau's credit records to the platforms that must receive them."""

__version__ = "0.1.0"
