"""What the words right before and behind an actor say: cue words, function words, clitics, a verb that follows."""

from __future__ import annotations

from functools import cache

from arabic.fold import fold
from processors.frames import AtActor, cue_before
from processors.lexicon import read_table
from processors.passage import Passage
from processors.sentences import Sentence


def words_beside(passage: Passage, actor: AtActor, sentence: Sentence, rough: str) -> list[str]:
    """What the words beside an actor say of its part in whatever its sentence tells: features of ``participants.py``. ``rough``: force,
    person, thing or open."""
    words, first, stop = passage.words, actor.first, actor.stop
    seen = []
    cue = cue_before(words, first, sentence.first)
    if cue is not None:
        seen += [f"cue={cue}", f"cue={cue}_{rough}"]
    signal, joined = signals(), words[first]
    for back in (1, 2):
        if first - back >= sentence.first and (name := signal.get(words[first - back])):
            seen.append(f"word-{back}={name}")
            if back == 1:
                seen.append(f"word-1={name}_{rough}")
    if stop < sentence.stop and (name := signal.get(words[stop])):
        seen.append(f"word+1={name}")
    if joined.startswith("لل"):
        seen.append(f"li_{rough}")
    elif actor.mention.text[:2] != passage.quote(first, first + 1)[:2] and joined[0] in "وبلفك":
        seen.append(f"clitic={joined[0]}")
    elif joined[0] == "و" and not fold(actor.mention.text).startswith("و"):
        seen.append("clitic=و")
    if any(hit.verb and hit.first in (stop, stop + 1) for hit in passage.known_hits(sentence)):
        seen.append(f"verb_follows_{rough}")
    if first == sentence.first:
        seen.append(f"opens_{rough}")
    return seen


@cache
def signals() -> dict[str, str]:
    """Folded function words and light verbs with the class by which a candidate sees them."""
    return {fold(word): name for name, words in read_table("roles.toml")["signals"].items() for word in words}
