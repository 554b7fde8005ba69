"""The passphrases of the tests: each of six words that could have been drawn, and none of them anybody's."""

from __future__ import annotations

from typing import Final

DAY: Final = "abri acier agneau aigle ajout alarme"
VAULT: Final = "cigale citron clairon cloche collier colline"
SECOND: Final = "cargo cerise chalet chemin ciment climat"
OTHER: Final = "sept lampes bleues gardent le puits"
OTHERS_VAULT: Final = "neuf barques lentes passent le gué"
