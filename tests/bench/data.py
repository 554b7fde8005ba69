"""Invented submissions for the benchmark: deterministic, about 2 kB, with repeats. No name of a person or place.

Narratives do not repeat: their words come from a vocabulary of 4,000 meaningless ones, so that nothing is flattered by
compression or by caches.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

from xlsform.pack import shared_choices

VERSION = "2026120202"
START = datetime(2026, 1, 15, 6, 0, tzinfo=UTC)
SPAN = timedelta(days=300)
"""Over how long the submissions of a set are spread: all in one week and place would be one event told ten thousand times."""
HEAD = (
    "<?xml version='1.0' encoding='UTF-8' ?><data id=\"{form}\" version=\"{version}\""
    ' xmlns:ev="http://www.w3.org/2001/xml-events" xmlns:orx="http://openrosa.org/xforms"'
    ' xmlns:odk="http://www.opendatakit.org/xforms" xmlns:h="http://www.w3.org/1999/xhtml"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:jr="http://openrosa.org/javarosa">'
)
TAIL = (
    "<dikalo_form>{form}</dikalo_form><dikalo_version>{version}</dikalo_version>"
    "<orx:meta><orx:instanceID>uuid:{id}</orx:instanceID>"
    "<orx:instanceName>{day} CM007</orx:instanceName></orx:meta></data>"
)
REGIONS = ("CM007", "CM010", "CM001", "CM004")
KINDS = ("alert", "case")


def submissions(count: int, *, kind: str = "mixed", seed: int = 1) -> Iterator[tuple[str, str, bytes]]:
    """Yield form, id and bytes of each submission.

    Args:
        count: how many.
        kind: ``alert``, ``case`` or ``mixed`` (every second one).
        seed: another seed gives other submissions.
    """
    chance = random.Random(seed)
    vocabulary = words(chance)
    for number in range(count):
        form = kind if kind in KINDS else KINDS[number % 2]
        own = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        begun = START + SPAN * number / count
        body = (alert if form == "alert" else case)(chance, vocabulary)
        clock = f"<start>{stamp(begun)}</start><end>{stamp(begun + timedelta(minutes=9))}</end>"
        text = (
            HEAD.format(form=form, version=VERSION)
            + body.format(clock=clock)
            + TAIL.format(form=form, version=VERSION, id=own, day=begun.date())
        )
        yield form, own, text.encode()


def stamp(moment: datetime) -> str:
    """Return an instant as Collect writes it."""
    return moment.isoformat(timespec="milliseconds")


def words(chance: random.Random) -> list[str]:
    """Return an invented vocabulary: pronounceable, meaningless."""
    parts = [c + v for c in "bdfgklmnprstvz" for v in ("a", "e", "i", "o", "u", "é", "ou", "an")]
    return ["".join(chance.choices(parts, k=chance.randint(1, 4))) for _ in range(4000)]


def narrative(chance: random.Random, vocabulary: list[str]) -> str:
    """Return 20 to 60 words that nothing can cheat on."""
    return " ".join(chance.choices(vocabulary, k=20 * chance.randint(1, 3)))


@cache
def arrondissements() -> tuple[str, ...]:
    """Return the P-codes of all arrondissements; those of the two regions of unrest five times."""
    names = [one.name for one in shared_choices("cm_admin:arrondissement", ["fr"])]
    return tuple(name for name in names for _ in range(5 if name[:5] in {"CM007", "CM010"} else 1))


def place(chance: random.Random) -> str:
    """Return region, department and arrondissement somewhere in the country."""
    code = chance.choice(arrondissements())
    named = (("region", code[:5]), ("department", code[:8]), ("arrondissement", code))
    return "".join(f"<{name}>{value}</{name}>" for name, value in named)


def alert(chance: random.Random, vocabulary: list[str]) -> str:
    """Return the answers of one alert."""
    pick = chance.choice
    return (
        "<gate>{clock}<consent_alert>given</consent_alert></gate>"
        f"<danger><danger_now>{pick(('yes', 'no', 'unknown'))}</danger_now></danger>"
        f"<what><alert_icon>{' '.join(chance.sample(('killing', 'arrest', 'sexual', 'burning', 'injury'), k=2))}</alert_icon></what>"
        f"<when><when_rel>{pick(('now', 'today', 'yesterday', 'week'))}</when_rel></when>"
        f"<where>{place(chance)}</where>"
        f"<who><victim_kind>{pick(('woman', 'man', 'girl woman', 'boy'))}</victim_kind>"
        f"<victim_count>{pick(('1', '2_5', '6_20'))}</victim_count>"
        f"<special>{pick(('pregnant', 'disability', 'none'))}</special>"
        f"<actor_kind>{pick(('soldiers', 'armed_group', 'unknown'))}</actor_kind></who>"
        f"<known><info_source>{pick(('saw', 'victim', 'relative'))}</info_source>"
        f"<reporter_code>EN-NW-{chance.randint(1, 40):02}</reporter_code></known>"
        f"<contact><safe_to_contact>yes</safe_to_contact><contact_code>6{chance.randint(10**7, 10**8 - 1)}</contact_code>"
        "<contact_window>morning evening</contact_window></contact>"
        f"<story><place_hint>{narrative(chance, vocabulary)}</place_hint><gps>{position(chance)}</gps><voice />"
        f"<short_text>{narrative(chance, vocabulary)}</short_text><safe_to_photo>no</safe_to_photo><photo /></story>"
    )


def case(chance: random.Random, vocabulary: list[str]) -> str:
    """Return the answers of one case without a code: 1, 1, 2 or 3 victims, one act, one author, one source."""
    pick = chance.choice
    people = pick((1, 1, 2, 3))
    victims = "".join(victim(chance, vocabulary, number) for number in range(1, people + 1))
    return (
        "<gate>{clock}<interview_private>yes</interview_private><consent_explained>OK</consent_explained>"
        "<consent_script_version>2026.11</consent_script_version><consent_case>yes</consent_case></gate>"
        f"<header><victim_max>{people}</victim_max><case_known>no</case_known>"
        f"<doc_date>2026-11-{chance.randint(1, 28):02}</doc_date><documenter_code>EN-NW-02</documenter_code>"
        "<interview_language>wes</interview_language><prior_interviews>0</prior_interviews></header>"
        "<consent><c_document>yes</c_document><c_services>yes</c_services><c_stats>yes</c_stats>"
        f"<c_justice>{pick(('yes', 'no'))}</c_justice><confidentiality>C2</confidentiality></consent>"
        f"<needs><health_now>{pick(('yes', 'no'))}</health_now><needs_expressed>health pss</needs_expressed></needs>"
        f"<incident><incident_date>2026-10-{chance.randint(1, 28):02}</incident_date>"
        f"<region>{pick(REGIONS)}</region><department>CM007002</department>"
        f"<village>{' '.join(chance.choices(vocabulary, k=3))}</village><incident_gps>{position(chance)}</incident_gps>"
        f"<narrative>{narrative(chance, vocabulary)}</narrative></incident>{victims}"
        f"<acts><act_uid>{uid(chance)}</act_uid><act_no>1</act_no><violation>{pick(('torture', 'beating', 'arbitrary_arrest'))}"
        f"</violation><act_victims>{' '.join(f'V{number}' for number in range(1, people + 1))}</act_victims></acts>"
        f"<perpetrators><perp_uid>{uid(chance)}</perp_uid><perp_no>1</perp_no><actor>nsag_nwsw</actor>"
        "<perp_count>2</perp_count><perp_acts>A1</perp_acts></perpetrators>"
        f"<risk><retaliation_risk>{pick(('high', 'low'))}</retaliation_risk></risk>"
    )


def victim(chance: random.Random, vocabulary: list[str], number: int) -> str:
    """Return one victim."""
    return (
        f"<victims><victim_uid>{uid(chance)}</victim_uid><victim_no>{number}</victim_no><unit>individual</unit>"
        f"<consent_covers>yes</consent_covers><victim_sex>{chance.choice('fm')}</victim_sex>"
        f"<age>{chance.randint(18, 70)}</age><age_band>18_59</age_band><victim_is_child>0</victim_is_child>"
        f"<full_name>{' '.join(chance.choices(vocabulary, k=2)).title()}</full_name>"
        f"<victim_phone>6{chance.randint(10**7, 10**8 - 1)}</victim_phone>"
        f"<current_status>{chance.choice(('injured', 'free', 'detained'))}</current_status></victims>"
    )


def position(chance: random.Random) -> str:
    """Return a point as Collect writes it; no fix in one of five."""
    if chance.random() < 0.2:
        return ""
    return f"{chance.uniform(2, 12):.7f} {chance.uniform(9, 16):.7f} {chance.uniform(0, 2000):.1f} 4.5"


def uid(chance: random.Random) -> str:
    """Return the uid of a repetition."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))
