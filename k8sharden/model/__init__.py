"""The words of the product as types: references, findings, changes, the inventory. No I/O."""
