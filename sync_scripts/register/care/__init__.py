"""Care of the register as a whole: rebuild, versions of forms, alerts keyed in at the desk."""
