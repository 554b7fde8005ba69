"""A form as whoever answers meets it: what is asked, said and read aloud, and what each answer is."""
