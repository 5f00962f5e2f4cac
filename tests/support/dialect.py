"""Words of a private dialect: none is an identifier in kiecli, some not even in its texts.

Not in the table are words that are right in their place: `answer` (Kie's), `due` and `settle` (of
a poll, of a task), `head`, `tail`, `start`, `end`, `line`, `word` (of a text or a file), `note` (a
message), `named`, `shown`, `counts`, `failure`, `secret`, `put`, `act`; `box` is rich's own
parameter.
"""

import re

_INSTEAD = {
    # Everywhere.
    "told said asked have": "declared, value, message, requested, received",
    "words look looks": "argv, text or keywords; poll, attempt or inspect",
    "again most": "retry, resume, max_workers",
    # Errors, output and configuration.
    "Voice last_words resume": "OutputOptions, interrupt_message, resume_command",
    "hide_key refuse_key Homeless": "redact_api_key, reject_api_key, NoConfigDirectory",
    "KeyRefused NoConnection ReaderGone": "AccountRefused, ConnectionFailed, StdoutClosed",
    "FolderRefused TaskUnfinished": "FolderNotWritable, TaskPending",
    "ends_run worst UNSAVED UNFINISHED": "fatal, combined_exit_code, SAVE_FAILED, PENDING",
    "_filed _cure keep forget drop": "file_values, fix_hint, set_value, unset_value, remove",
    "_STANDBY _DEAF _overdue die_by": "FORCE_EXIT_AFTER, REPEAT_WINDOW, force_exit, kill_self",
    # Network and API.
    "Wires _Routes way prepare": "ClientFactory, ProxyRouter, route, transport_for",
    "inner otherwise tls_context": "transport, fallback, create_ssl_context",
    "Trace _Traced": "RequestLogger, LoggingTransport",
    "what_broke certificate_refused": "describe_error, is_certificate_error",
    "KNOWN unpacked unwrapped": "SUPPORTED_ENCODINGS, decompress, decode_nested",
    "Budget budget limited": "RateLimiter, on_rate_limited",
    "_refusal _without_code _access": "error_for_code, error_for_status, access_error",
    "Delivery document": "TaskOutput, inline_result",
    "_scanned _takes": "find_urls, audio_tracks",
    "of_question of_wait of_unfinished of_download": "from_status, from_wait, pending",
    # Polling and workers.
    "Watch Watched Trouble trouble": "PollScheduler, TrackedTask, RetryState",
    "Policy asking_once waiting": "PollPolicy, QUERY_POLICY, WAIT_POLICY",
    "Rhythm rhythm pause_between": "IntervalFunction, poll_interval",
    "grace": "not_found_grace",
    "LOOK_LIMIT OVERTIME SECOND_LOOK _STALE": "REQUEST_TIMEOUT, DEADLINE_GRACE, CONFIRM_DELAY",
    "Inbox inbox QueueInbox": "EventQueue, ThreadEventQueue",
    "Workers ThreadWorkers Crash": "WorkerPool, DaemonThreadPool, WorkerCrashed",
    # Download.
    "Means means Saving Fetch pour": "TransferContext, SaveJob, Transfer, write_to",
    "Spool spool tidy": "PartialFile, remove_stale_part",
    "Note proof": "ResumeInfo, validator",
    "Place Kept Existing Kind": "Destination, CompleteFile, FileState, FileType",
    "WHOLE BROKEN UNCLEAR": "COMPLETE, CORRUPT, UNKNOWN",
    "ASK UNASKED Claims claims": "PROBE, NOT_PROBED, NameReservations",
    "Way AGAIN ABSENT Verdict verdict judge": "Action, RESTART, MISSING, Classification, classify",
    "span Setback NotThere Refusal": "content_range, TransientError, FileMissing, PermanentError",
    "Patience patience saw account": "RetryPolicy, on_progress, summary",
    "Pace drip": "SlowTransferMonitor",
    "told_length _arrived": "probe_length, follow_redirects",
    "renew early_wait about_dead_link": "refresh, publish_grace, expiry_note",
    "impostor replaced damage cut_off": "wrong_content, check_type, check_complete, truncation",
    "tells_its_end": "is_self_delimiting",
    "RunningChecksum GrowingSum": "BackgroundSHA256, IncrementalSHA256",
    "moved try_folder": "advanced, ensure_writable",
    # Names of files.
    "Component cleaned _fitted": "PathComponent, sanitize, shorten",
    "WORDS climbs": "FIELDS, escapes_directory",
    "tells_results_apart siblings": "is_unique_per_result, candidates",
    # Commands and what they show.
    "Asked _alike": "TaskSelection, group_by_error",
    "News Relay _Raised _Saved": "ScreenUpdate, QueuedProgress, WorkerFailed, FileFinished",
    "_Saving carry_out": "DownloadSession, run",
    "Screen screen follows": "Reporter, watching",
    "Lines Legible": "LineWriter, SafeTextWriter",
    "clean advised tally ago": "sanitize, advice, counts, humanize",
}

INSTEAD = {word: field for words, field in _INSTEAD.items() for word in words.split()}
"""Each word, and what may stand in its place."""

CONSTANT = re.compile(r"_?(LONGEST|MOST|SHORTEST|FEWEST|DEEPEST)_\w+")
"""Constants that are MAX_ and MIN_ in the field."""

PROSE = re.compile(r"\b(told|said|stirs|whoever|borne|Wires|Voice|Setback|Patience|Spool|Means)\b")
"""Words that no docstring, comment or message has either."""
