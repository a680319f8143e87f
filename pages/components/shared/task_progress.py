"""The progress of a task: state, cost, failures, and the buttons for its state."""

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from core import ImageAnswerGenerationTask, Tasks
from core.accounts.permissions import Act
from core.llm import session_keys
from core.tasks import TaskStatus, TaskSummary, models_of
from core.tasks.service import ACTIVE
from pages.components.shared import model_picker, numbers, page, run_queue, task_labels
from pages.components.shared.numbers import pluralize

# With drawing included, what is shown is at most one second old.
_REFRESH_S = 0.8


def show(task_id: str, *, results: Callable[[], None] | None = None) -> None:
    """Draw the task and refresh it while it is active; *results* draws its results below."""

    def draw(summary: TaskSummary) -> None:
        _draw(summary)
        if results is not None:
            results()

    show_live(task_id, draw)


def show_live(task_id: str, draw: Callable[[TaskSummary], None]) -> None:
    """Draw the task with *draw*, again and again while it is active."""
    starts_active = is_active(page.services().tasks.get_task(task_id))

    @st.fragment(run_every=_REFRESH_S if starts_active else None)
    def live() -> None:
        with run_queue.page_run(), page.show_errors():
            summary = page.services().tasks.summary(task_id)
            draw(summary)
            if starts_active and not is_active(summary.task):
                st.rerun()

    live()


def is_active(task: Tasks) -> bool:
    """Return whether the task is queued or running, or its last items are."""
    return task.status in ACTIVE or page.services().engine.works_on(task.id)


def _draw(summary: TaskSummary) -> None:
    task = summary.task
    ended = summary.done + summary.failed
    share = ended / task.total_count if task.total_count else 1.0
    doing = page.services().engine.progress(task.id)
    if doing and task.total_count and task.status in ACTIVE:
        share = min((ended + doing[0]) / task.total_count, 1.0)
    done = task_labels.result(task)
    parts = [f"{_status(summary)}: {done}" if done else _status(summary)]
    if doing:
        parts.append(doing[1])
    if summary.batches:
        parts.append(str(summary.batches))
    if task.status in (TaskStatus.PAUSED, TaskStatus.CANCELLED) and is_active(task):
        parts.append("waiting for what has begun")
    st.progress(share, text=page.escape(", ".join(parts)))
    if task.note:
        st.info(page.escape(task.note), icon=":material/info:")
    if task.status == TaskStatus.PAUSED and "key" in task.note:
        for model in models_of(task.config):
            model_picker.ask_for_key(model)
    left, right = st.columns([3, 2], vertical_alignment="center")
    left.caption(page.escape(_figures(summary)))
    with right.container(horizontal=True, horizontal_alignment="right"):
        buttons(summary)
    failures(summary)
    _shortfall(task)


def _shortfall(task: Tasks) -> None:
    """After the end of the task, report by how many questions or answers it is short."""
    if task.ended_at is None:
        return
    questions = page.services().questions
    missing, refused = questions.shortfall(task.id), questions.unverifiable(task.id)
    if refused:
        text = f"{pluralize(refused, 'answer')} left out: asked again, the model gave none that a program can verify."
        st.info(text, icon=":material/info:")
    if not missing:
        return
    if task.task_type == ImageAnswerGenerationTask.task_type:
        text = f"Short by {pluralize(missing, 'answer')}: asked again, the model left them out."
    else:
        text = (
            f"Short by {pluralize(missing, 'question')}: asked again, the model gave no more that are new. "
            "Start a new recipe to top up."
        )
    st.info(text, icon=":material/info:")


def _status(summary: TaskSummary) -> str:
    return summary.status_text.capitalize()


def _figures(summary: TaskSummary) -> str:
    task, parts = summary.task, []
    if task.started_at is not None:
        until = task.ended_at or datetime.now(UTC)
        seconds = max((until - task.started_at).total_seconds(), 0.001)
        ended = summary.done + summary.failed
        if task.status == TaskStatus.RUNNING and ended >= 3 and not summary.waiting:
            left_s = (task.total_count - ended) * seconds / ended
            parts.append(f"{numbers.text(ended / seconds * 60)} per minute, about {format_duration(left_s)} left")
        elif task.ended_at is not None:
            parts.append(f"took {format_duration(seconds)}")
    parts += _cost(summary)
    if task.cost_cap is not None:
        parts.append(f"stops at ${numbers.text(task.cost_cap, 2)}")
    if summary.maybe_paid_twice:
        parts.append(f"{pluralize(summary.maybe_paid_twice, 'call')} possibly paid twice")
    line = ", ".join(parts)
    return line[:1].upper() + line[1:]


def _cost(summary: TaskSummary) -> list[str]:
    """Return the cost as parts of a sentence; none for a task without a model, such as an import."""
    unpriced = f"{pluralize(summary.unpriced_calls, 'call')} without a known price" if summary.unpriced_calls else ""
    if summary.spent:
        spent = f"spent ${numbers.text(summary.spent, 4)}{' or more' if unpriced else ''}"
        return [spent, unpriced] if unpriced else [spent]
    if unpriced:
        return ["cost unknown", unpriced]
    if summary.waiting:
        return ["the cost is known when the answers are there"]
    return ["no cost"] if models_of(summary.task.config) and not summary.maybe_paid_twice else []


def format_duration(seconds: float) -> str:
    """Return a duration such as "40 s", "3 min" or "2 h 5 min"."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def buttons(summary: TaskSummary) -> None:
    """Draw what can be done with the task in its state: pause, resume, cancel."""
    task, tasks = summary.task, page.services().tasks
    may = page.only(Act.MANAGE_TASKS, task.project_id)
    if task.status in ACTIVE:
        if st.button("Pause", icon=":material/pause:", key=f"pause-{task.id}", **may):
            tasks.pause(task.id)
            st.rerun()
    elif task.status == TaskStatus.PAUSED:
        cap = _raised_cap(summary)
        if st.button("Resume", icon=":material/play_arrow:", key=f"resume-{task.id}", **may):
            tasks.set_cost_cap(task.id, cap)
            tasks.resume(task.id)
            _run(task)
    if task.status in (*ACTIVE, TaskStatus.PAUSED) and st.button(
        "Cancel", icon=":material/stop:", key=f"cancel-{task.id}", **may
    ):
        tasks.cancel(task.id)
        st.rerun()


def _raised_cap(summary: TaskSummary) -> float | None:
    """Draw the field for a new cost cap when the task paused at its cap; return the cap to use."""
    cap = summary.task.cost_cap
    if cap is None or "cost cap" not in summary.task.note:
        return cap
    return st.number_input(
        "New cost cap, in US dollars", min_value=0.01, value=None, placeholder="No cap", width=170,
        key=f"cap-{summary.task.id}",
    )  # fmt: skip


def _run(task: Tasks) -> None:
    """Submit the task to the engine, with the API keys typed in this session."""
    for index, model in enumerate(models_of(task.config)):
        if key := model_picker.typed_key_for(model):
            session_keys.register(task.id, key, index)
    page.services().engine.submit(task.id)
    st.rerun()


def failures(summary: TaskSummary) -> None:
    """Draw the failures by cause, each with an example and a button that retries them."""
    running = summary.task.status in ACTIVE
    for group in summary.failures:
        with st.container(border=True, horizontal=True, vertical_alignment="center", key=f"failure-{group.error_code}"):
            st.text(f"{pluralize(group.count, 'item')} failed: {group.example}", width="stretch")
            if st.button(
                "Retry these",
                icon=":material/replay:",
                key=f"retry-{summary.task.id}-{group.error_code}",
                **page.only(
                    Act.MANAGE_TASKS,
                    summary.task.project_id,
                    disabled=running,
                    help="Pause the task first." if running else None,
                ),
            ):
                page.services().tasks.retry_failed(summary.task.id, group.error_code)
                _run(summary.task)
