"""Claims: figures with who said them, through whom, how firmly, and the sentence."""
