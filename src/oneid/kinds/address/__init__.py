"""Japanese addresses: from ten spellings to prefecture, city, town, block, building and room."""
