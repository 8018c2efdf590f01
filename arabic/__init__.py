"""Arabic text: folding with offset maps, likeness, light stems, digits and number words, bidirectional isolates."""
