"""What every stage needs to know of Arabic script: folding with offsets, numbers, stems, likeness, direction."""
