"""Which tasks a command line names: ids and labels, typed or read from stdin.

- `task_selection`: the whole line, its labels, and why it is refused; `usable_tasks`: the valid
  tasks of a line that is refused.
- `task_id`: one `ID` or `LABEL=ID`: how it is trimmed, checked, and echoed in a message.
- `stdin_ids`: which of the forms stdin is in, and what counts where it has several.
- `stdin_text`: bytes to text: gzip, UTF-16, colour codes, comments.
- `json_in_text`: JSON values with log lines, headers and the like between them.
- `json_values`, `json_objects`, `json_answers`: the tasks in values, below an object (wrappers,
  maps of labels), and in one object (its id, whether it is new, or Kie's error).
- `damaged_json`: JSON that nothing can parse; `printed_ids`, `printed_fields`: answers as languages
  and shells print them.
"""
