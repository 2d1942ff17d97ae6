"""The tables. Indexes are named for the question they answer; what the schema refuses is in `refusals`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata = MetaData()
# SQLite counts rows by itself only in a column declared exactly INTEGER.
Counter = BigInteger().with_variant(Integer, "sqlite")


def _index_where(rows: str, name: str, *columns: str, unique: bool = False) -> Index:
    """An index of the rows for which a condition holds."""
    return Index(name, *columns, unique=unique, sqlite_where=text(rows), postgresql_where=text(rows))


# Whatever a person wrote, apart from the record of what was done, so that it can be erased. Bytes, because
# PostgreSQL's text cannot hold NUL and customers can.
texts = Table(
    "texts",
    metadata,
    Column("id", Counter, primary_key=True),
    Column("salt", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    # The number of an erased text is never given to another.
    sqlite_autoincrement=True,
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("root", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("customer_name", Text, nullable=False),
    # Up to this number the messages have had their answer, or a person decided that they get none.
    Column("answered", Counter, nullable=False),
    Column("opened_at", Double, nullable=False),
    # When its texts and its customer's name were erased. Whatever is said afterwards begins anew.
    Column("erased_at", Double, nullable=True),
    UniqueConstraint("channel", "place", "root"),
    Index("customers_by_name", "desk", "customer_name", "channel", "customer"),
    _index_where("erased_at IS NULL", "not_erased", "desk", "opened_at"),
)

# What came in, as it came in: an edit or a deletion is a further row about the same `ref`.
messages = Table(
    "messages",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("conversation", Text, ForeignKey("conversations.id"), nullable=False),
    Column("ref", Text, nullable=False),
    Column("event", Text, nullable=False),
    Column("speaker", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("text", Counter, nullable=True),
    Column("files", Text, nullable=False),
    Index("messages_of_conversation", "conversation", "number"),
    sqlite_autoincrement=True,
)

# The names under which an event was told, so that a second telling is known.
told = Table(
    "told",
    metadata,
    Column("key", Text, primary_key=True),
    Column("at", Double, nullable=False),
    sqlite_with_rowid=False,
)

reviews = Table(
    "reviews",
    metadata,
    Column("id", Text, primary_key=True),
    Column("conversation", Text, ForeignKey("conversations.id"), nullable=False),
    Column("desk", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("due", Double, nullable=True),
    Column("covers", Counter, nullable=False),
    Column("claim", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("doubt", Boolean, nullable=False),
    Column("moved", Counter, nullable=False),
    Column("release", Integer, nullable=False),
    Column("draft", Counter, nullable=True),
    Column("edited", Counter, nullable=True),
    Column("instruction", Counter, nullable=True),
    Column("problem", Text, nullable=False),
    Column("holder", Text, nullable=False, server_default=""),
    Column("escalated", Boolean, nullable=False, server_default=false()),
    Column("judged", Text, nullable=False, server_default=""),
    Column("opened_at", Double, nullable=False),
    Column("closed_at", Double, nullable=True),
    Column("card_version", Integer, nullable=False),
    Column("card_ref", Text, nullable=False),
    Column("card_due", Double, nullable=True),
    Column("card_tries", Integer, nullable=False),
    # At most one open review per conversation.
    _index_where("closed_at IS NULL", "one_open_review", "conversation", unique=True),
    _index_where("due IS NOT NULL", "work_due", "state", "due"),
    _index_where("card_due IS NOT NULL", "cards_due", "card_due"),
    _index_where("holder <> '' AND closed_at IS NULL", "held_by", "holder"),
    _index_where("closed_at IS NULL", "open_queue", "id"),
    _index_where("closed_at IS NOT NULL", "recently_closed", "closed_at"),
    Index("reviews_of_conversation", "conversation"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("review", Text, ForeignKey("reviews.id"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("at", Double, nullable=False),
    Column("actor", Text, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("text", Counter, nullable=True),
    Column("digest", LargeBinary, nullable=True),
    UniqueConstraint("review", "version"),
    Index("audit_by_actor", "actor", "number"),
    Index("audit_by_action", "action", "number"),
    Index("audit_by_time", "at"),
    sqlite_autoincrement=True,
)

releases = Table(
    "releases",
    metadata,
    Column("review", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("conversation", Text, ForeignKey("conversations.id"), nullable=False),
    Column("text", Counter, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("audience", Text, nullable=False, server_default=""),
    ForeignKeyConstraint(["review", "version"], ["audit.review", "audit.version"]),
    sqlite_with_rowid=False,
)

replies = Table(
    "replies",
    metadata,
    Column("review", Text, primary_key=True),  # one review, one reply
    Column("version", Integer, nullable=False),
    Column("ref", Text, nullable=False),
    Column("at", Double, nullable=False),
    ForeignKeyConstraint(["review", "version"], ["releases.review", "releases.version"]),
    Index("replies_by_ref", "ref"),
    sqlite_with_rowid=False,
)

# Each seal covers the audit's lines up to `upto` and is chained to the one before.
seals = Table(
    "seals",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("upto", Counter, nullable=False, unique=True),
    # 8 bytes of number and 16 of hash for each line, so that the one that does not fit can be named.
    Column("lines", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("key", LargeBinary, nullable=False),
    Column("at", Double, nullable=False),
    sqlite_autoincrement=True,
)

templates = Table(
    "templates",
    metadata,
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),  # the whole file, fields on top and all
    Column("author", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("status", Text, nullable=False, server_default="retired"),  # draft, active, retired
    Column("note", Text, nullable=False, server_default=""),
    # One version of a template is in use.
    _index_where("status = 'active'", "in_use", "name", unique=True),
    sqlite_with_rowid=False,
)

# Who changed what in how the program works: templates, and what was learned. It never holds what a customer wrote.
changes = Table(
    "changes",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("at", Double, nullable=False),
    Column("person", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("details", Text, nullable=False),  # a JSON object
    Index("changes_of", "subject", "number"),
    sqlite_autoincrement=True,
)

# A template tried out on decided reviews, whose ids are a JSON list in `reviews`.
backtests = Table(
    "backtests",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("template", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("against", Integer, nullable=False),
    Column("model", Text, nullable=False),
    Column("wanted", Integer, nullable=False),
    Column("reviews", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("finished_at", Double, nullable=True),
    Index("backtests_of", "template", "version", "number"),
    sqlite_autoincrement=True,
)

# Figures only and no words, so that an erased customer is not found here.
backtest_results = Table(
    "backtest_results",
    metadata,
    Column("backtest", Counter, ForeignKey("backtests.number"), primary_key=True),
    Column("review", Text, primary_key=True),
    Column("result", Text, nullable=False),  # a JSON object
    sqlite_with_rowid=False,
)

# A backtest that the program goes on with by itself, since somebody asked for it on a page. `calls` and `money` are what it
# may still use. `holder` is the process that is at it, until `busy_until`.
trials = Table(
    "trials",
    metadata,
    Column("backtest", Counter, ForeignKey("backtests.number"), primary_key=True),
    Column("person", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("money", Double, nullable=True),
    Column("state", Text, nullable=False),  # open, done, spent, failed, stopped
    Column("holder", Text, nullable=False),
    Column("busy_until", Double, nullable=False),
    _index_where("state = 'open'", "open_trials", "busy_until"),
)

# What is proposed to be learned from people's edits. One of a lesson is open; `chosen` is the review of an accepted
# example.
proposals = Table(
    "proposals",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("matter", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("form", Text, nullable=False),  # example, template, article
    Column("status", Text, nullable=False),  # open, accepted, dismissed, replaced, withdrawn
    Column("at", Double, nullable=False),
    Column("decided_at", Double, nullable=True),
    Column("chosen", Text, nullable=False, server_default=""),
    _index_where("status = 'open'", "one_open_proposal", "desk", "matter", "kind", "language", unique=True),
    _index_where("chosen <> ''", "chosen_replies", "chosen"),
    sqlite_autoincrement=True,
)

# The edits a proposal is made from; their sentences, as a JSON list of pairs, are a text.
evidence = Table(
    "evidence",
    metadata,
    Column("proposal", Counter, ForeignKey("proposals.number"), primary_key=True),
    Column("review", Text, ForeignKey("reviews.id"), primary_key=True),
    Column("text", Counter, nullable=False),
    Index("evidence_of_review", "review"),
    sqlite_with_rowid=False,
)

# What a model took an edit for about which the rules were not sure: a kind, or nothing.
verdicts = Table(
    "verdicts",
    metadata,
    Column("review", Text, ForeignKey("reviews.id"), primary_key=True),
    Column("kind", Text, nullable=False),
    sqlite_with_rowid=False,
)

# Who paused or resumed the drafting of a desk, and when. The newest row of a desk says how it stands.
pauses = Table(
    "pauses",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("person", Text, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("at", Double, nullable=False),
    Index("pauses_of_desk", "desk", "number"),
    sqlite_autoincrement=True,
)

# What was erased, when and by whom: `desk` is whose time for keeping texts was over, empty for a person who asked. It
# never says who that was.
erasures = Table(
    "erasures",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("at", Double, nullable=False),
    Column("person", Text, nullable=False),
    Column("desk", Text, nullable=False),
    Column("conversations", Integer, nullable=False),
    Column("texts", Integer, nullable=False),
    sqlite_autoincrement=True,
)

# What drafts cost, by the month in UTC (`2026-11`).
costs = Table(
    "costs",
    metadata,
    Column("desk", Text, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("drafts", Counter, nullable=False),
    Column("tokens_in", Counter, nullable=False),
    Column("tokens_out", Counter, nullable=False),
    Column("price", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    sqlite_with_rowid=False,
)

# What people set for themselves, as in `slack:U0ANA`, `call`, `no`.
wishes = Table(
    "wishes",
    metadata,
    Column("person", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)

# How a place is reached, where its id alone does not say: a JSON object of the channel's own making.
addresses = Table(
    "addresses",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("place", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", Double, nullable=False),
    sqlite_with_rowid=False,
)

# The local workspace stands in for Slack or Teams: an outside world that happens to live in the same file.
posts = Table(
    "posts",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("place", Text, nullable=False),
    Column("root", Counter, nullable=False),
    Column("speaker", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("at", Double, nullable=False),
    Column("edits", Integer, nullable=False),
    Column("deleted", Boolean, nullable=False),
    Index("posts_of_thread", "place", "root", "number"),
    sqlite_autoincrement=True,
)

# Who is signed in to the pages. The id is the digest of what the browser holds.
sessions = Table(
    "sessions",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("person", Text, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("groups", Text, nullable=False),  # a JSON list, as in `slack:S012` or `group:leads`
    Column("began_at", Double, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("ends_at", Double, nullable=False),
    Column("revoked_at", Double, nullable=True),
    Index("sessions_of", "person", "began_at"),
    Index("sessions_over", "ends_at"),
)

# Who is on the way to the provider and back. The id is the digest of what the browser holds; it is taken once.
arrivals = Table(
    "arrivals",
    metadata,
    Column("id", LargeBinary, primary_key=True),
    Column("state", Text, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("next", Text, nullable=False),  # a path of ours
    Column("ends_at", Double, nullable=False),
    Index("arrivals_over", "ends_at"),
)

# What programs read the API with. Only the digest of a token is kept.
tokens = Table(
    "tokens",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),  # a JSON list
    Column("desks", Text, nullable=False),  # a JSON list
    Column("made_by", Text, nullable=False),
    Column("at", Double, nullable=False),
    Column("ends_at", Double, nullable=False),
    Column("revoked_at", Double, nullable=True),
    Column("used_at", Double, nullable=True),
    sqlite_autoincrement=True,
)

# Who is at which review in the inbox. It lasts as long as they are there.
presences = Table(
    "presences",
    metadata,
    Column("person", Text, primary_key=True),
    Column("person_name", Text, nullable=False),
    Column("review", Text, nullable=False),
    Column("typing", Boolean, nullable=False),
    Column("at", Double, nullable=False),
    sqlite_with_rowid=False,
)

# Searches of the audit that somebody wants to keep, as the query of the page's address.
searches = Table(
    "searches",
    metadata,
    Column("person", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("query", Text, nullable=False),
    Column("at", Double, nullable=False),
    sqlite_with_rowid=False,
)

# Who opened a customer's words, at desks that want to know.
looks = Table(
    "looks",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("at", Double, nullable=False),
    Column("person", Text, nullable=False),
    Column("person_name", Text, nullable=False),
    Column("review", Text, ForeignKey("reviews.id"), nullable=False),
    Column("page", Text, nullable=False),
    Index("looks_at", "review", "number"),
    sqlite_autoincrement=True,
)

# One row for each review, made from its audit and made again when it moved: what searches and figures ask for. It can be
# thrown away, and holds nothing that a customer wrote.
outlines = Table(
    "outlines",
    metadata,
    Column("review", Text, ForeignKey("reviews.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("desk", Text, nullable=False),
    Column("conversation", Text, nullable=False),
    Column("template", Text, nullable=False),  # name@version
    Column("model", Text, nullable=False),
    Column("language", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Column("risks", Text, nullable=False),  # |one|two|
    Column("feeling", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reviewer", Text, nullable=False),
    Column("held", Boolean, nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("carded_at", Double, nullable=True),
    Column("decided_at", Double, nullable=True),
    Column("replied_at", Double, nullable=True),
    Column("closed_at", Double, nullable=True),
    Column("distance", Double, nullable=True),  # 0 to 1
    Column("material", Boolean, nullable=False),
    Column("tokens_in", Counter, nullable=False),
    Column("tokens_out", Counter, nullable=False),
    Column("price", Double, nullable=False),
    Column("seconds", Double, nullable=False),
    # The numbers of its first and its last line in the audit.
    Column("first", Counter, nullable=False),
    Column("last", Counter, nullable=False),
    Index("outlines_by_desk", "desk", "opened_at"),
    Index("outlines_by_time", "opened_at"),
    Index("outlines_by_last", "last"),
    Index("outlines_of_conversation", "conversation", "opened_at"),
    sqlite_with_rowid=False,
)

# The words by which a review is found: those of its customer's messages and of its reply, each once, in lower case. On
# SQLite `words_found`, a full-text index, is made beside it by hand (`words.install`).
words = Table(
    "words",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("review", Text, ForeignKey("reviews.id"), nullable=False, unique=True),
    Column("tokens", Text, nullable=False),
    sqlite_autoincrement=True,
)

# How far something that reads the audit has come.
marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("number", Counter, nullable=False),
    sqlite_with_rowid=False,
)

# What a customer's reaction said of a reply: 1 or -1.
thumbs = Table(
    "thumbs",
    metadata,
    Column("review", Text, ForeignKey("reviews.id"), primary_key=True),
    Column("person", Text, primary_key=True),  # a salted digest: who it was is nobody's business
    Column("thumb", Integer, nullable=False),
    Column("at", Double, nullable=False),
    sqlite_with_rowid=False,
)

# What a model was shown for a draft and what it answered, compressed, as a text that can be erased.
exchanges = Table(
    "exchanges",
    metadata,
    Column("review", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("text", Counter, nullable=False),
    ForeignKeyConstraint(["review", "version"], ["audit.review", "audit.version"]),
    sqlite_with_rowid=False,
)

# What rose beyond its usual level, so that it is told once.
alerts = Table(
    "alerts",
    metadata,
    Column("number", Counter, primary_key=True),
    Column("desk", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("day", Text, nullable=False),  # 2026-11-23, UTC
    Column("count", Integer, nullable=False),
    Column("usual", Double, nullable=False),
    Column("at", Double, nullable=False),
    Column("reviews", Text, nullable=False),  # a JSON list of ids
    Column("told_at", Double, nullable=True),
    UniqueConstraint("desk", "kind", "subject", "day"),
    sqlite_autoincrement=True,
)
