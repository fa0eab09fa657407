"""The notations that rule files, routing files, PromQL and templates have in common. Pure, and knows no other room."""
