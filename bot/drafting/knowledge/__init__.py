"""The articles a desk answers from, and the question whether one of them answers a message.

Files are read (`reading`) into sections, these are looked up by the letters they share with a question (`index`), and a
`Library` keeps up with the files while the program runs (`library`). A `Retriever` is what a drafter asks.
"""

from bot.drafting.knowledge.index import Knowledge
from bot.drafting.knowledge.reading import Origin, read_article
from bot.drafting.knowledge.section import BadKnowledge, Find, Section

__all__ = ["BadKnowledge", "Find", "Knowledge", "Origin", "Section", "read_article"]
