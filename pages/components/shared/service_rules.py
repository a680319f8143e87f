"""Which act each call of a page to a service is; a call that is not listed is refused to people with roles."""

from core.accounts.permissions import Act

UNGUARDED = ("db", "llm", "loop", "kinds")
"""Hold settings, models and what runs them, nothing of a project."""

_CALLS: dict[Act, tuple[str, ...]] = {
    Act.READ: (
        "analysis.analyzed_by", "analysis.get_analysis", "analysis.store.get_analyses", "analysis.store.has_results",
        "analysis.store.labels", "analysis.store.sources", "analysis.store.count", "analysis.store.count_of",
        "analysis.tools",
        "checks.arena_models", "checks.compare_models", "checks.estimate", "checks.names", "checks.newest",
        "checks.newest_of_each", "checks.report", "checks.task_type",
        "collaboration.agreement", "collaboration.count_leased", "collaboration.count_queue",
        "collaboration.model_accuracy", "collaboration.review_plan", "collaboration.saved_views",
        "dataset.get_dataset_entry", "duplicate_search.find_groups",
        "guidelines.changes", "guidelines.guidelines", "guidelines.rendered", "guidelines.versions",
        "engine.health", "engine.progress", "engine.works_on",
        "entries.balance", "entries.check_counts", "entries.count_asked_images", "entries.count_entries",
        "entries.decisions_per_day", "entries.facets", "entries.failing", "entries.field_values",
        "entries.find_asked_images", "entries.find_entries", "entries.has_entries",
        "entries.history", "entries.image_ids", "entries.images_of", "entries.tag_names", "entries.why_empty",
        "evidence.lacking", "evidence.missing", "evidence.missing_for", "evidence.require",
        "exports.count", "exports.export_path", "exports.facets", "exports.get_export", "exports.is_vitrine_export",
        "exports.list_exports", "exports.preview", "exports.preview_changes", "exports.problems",
        "exports.removed_entries",
        "image_queries.count", "image_queries.facets", "image_queries.field_values", "image_queries.find",
        "image_queries.find_ids", "image_queries.similar_name", "image_queries.why_empty",
        "images.get_image", "images.get_project_image_stats",
        "library.count_dependents", "library.entries_of", "library.find_image_ids", "library.find_images",
        "library.get_images", "library.history", "library.questions_of", "library.quota",
        "map.state", "messages.count_open", "messages.of_entry", "messages.of_project",
        "mover.archive_path", "overlaps.image_ids", "overlaps.overlaps", "overlaps.problems",
        "preferences.get", "preferences.put",
        "preview.estimate", "preview.request", "profiles.list_profiles", "projects.counts", "projects.get_project",
        "projects.list_projects", "projects.summaries",
        "questions.image_ids_to_answer", "questions.image_sets", "questions.newest_results", "questions.shortfall",
        "questions.suggest_examples", "questions.target_counts", "questions.templates.list_templates",
        "questions.unverifiable", "splits.counts",
        "style_analysis.pending_images", "style_datasets.get_image", "style_datasets.get_images",
        "style_datasets.get_style_dataset", "style_datasets.list_images", "style_datasets.list_style_datasets",
        "style_datasets.list_versions", "style_datasets.summary", "style_datasets.unity",
        "style_generation.get_business_profile", "style_generation.judge_input", "style_generation.model_limits",
        "style_generation.preview",
        "style_results.get_result", "style_results.history", "style_results.models_used",
        "style_results.references_used",
        "samples.image_id", "samples.is_sample", "tag_review.tags", "tag_review.tags_in",
        "tasks.get_task", "tasks.items", "tasks.list_tasks", "tasks.summary",
        "twins.estimate", "uploads.list_uploads", "variants.report", "versions.original_of", "versions.preview",
    ),
    Act.REVIEW: (
        "checks.people.progress_of", "messages.answer", "messages.close", "messages.send",
        "collaboration.assign_entries", "collaboration.bring_back_view", "collaboration.delete_view",
        "collaboration.rename_view", "collaboration.save_view", "review.decide", "review.undo",
    ),
    Act.WRITE_ENTRIES: (
        "dataset.create_from_question", "dataset.update_dataset_entry", "overlaps.leave_out",
        "questions.add_manual_question", "review.bulk", "review.bulk_ids",
    ),
    Act.MANAGE_IMAGES: (
        "bin.counts", "bin.find", "bin.restore",
        "duplicates.merge", "duplicates.separate", "duplicates.undo", "library.delete_images", "library.restore_images",
        "library.tag_images", "splits.put", "splits.undo", "tag_review.change_many", "tag_review.undo_batch",
        "versions.save", "versions.undo",
    ),
    Act.IMPORT: (
        "analyze_new_images", "import_previewer.preview", "import_previewer.survey", "intake.import_context.resolve",
        "uploads.discard", "uploads.remove", "uploads.reserve", "uploads.start",
    ),
    Act.GENERATE_PAID: (
        "preview.run_trial", "style_generation.judge", "style_generation.keep_if_verified",
    ),
    Act.RUN_CHECKS: ("checks.compare_again",),
    Act.MANAGE_STYLES: (
        "style_analysis.edit_analysis", "style_analysis.measure_images", "style_datasets.add_images",
        "style_datasets.copy_style_dataset", "style_datasets.create_from_group", "style_datasets.create_from_project",
        "style_datasets.create_style_dataset", "style_datasets.delete_style_dataset", "style_datasets.remove_images",
        "style_datasets.restore_style_dataset", "style_datasets.restore_version", "style_datasets.save_draft",
        "style_datasets.update_style_dataset", "style_generation.set_business_profile",
        "style_results.discard", "style_results.keep", "style_results.rate", "style_results.restore",
        "style_results.unkeep", "style_results.use_as_reference",
    ),
    Act.MANAGE_TASKS: (
        "engine.submit", "tasks.cancel", "tasks.pause", "tasks.resume", "tasks.retry_failed", "tasks.set_cost_cap",
    ),
    Act.MANAGE_REVIEW: (
        "checks.people.effort", "checks.people.known_answers", "checks.people.progress",
        "checks.people.set_known_answers", "collaboration.set_review_plan",
    ),
    Act.CHANGE_PROJECT: (
        "guidelines.add_image", "guidelines.restore", "guidelines.save",
        "projects.rename_project", "projects.set_analyzers", "questions.templates.add_template",
        "questions.templates.change_template", "questions.templates.remove_template",
    ),
    Act.MANAGE_WEBHOOKS: (
        "webhooks.change_webhook", "webhooks.counts", "webhooks.delete_webhook", "webhooks.deliveries",
        "webhooks.list_webhooks", "webhooks.make_webhook", "webhooks.ping", "webhooks.redeliver",
        "webhooks.renew_secret",
    ),
    Act.READ_AUDIT: ("audit.find", "audit.people"),
    Act.DELETE_PROJECT: ("bin.delete_for_good", "projects.delete_project", "projects.restore_project"),
    Act.CREATE_PROJECT: (
        "project_imports.from_path", "project_imports.from_upload", "projects.create_project",
        "samples.create",
    ),
    Act.MANAGE_SERVER: (
        "tasks.list_workers",
        "profiles.remove_profile", "profiles.save_profile", "projects.set_quota", "tokens.list_tokens",
        "tokens.make_token", "tokens.revoke_token",
    ),
}  # fmt: skip

ACT_OF_CALL: dict[str, Act] = {call: act for act, calls in _CALLS.items() for call in calls}

ACT_OF_TASK: dict[str, Act] = {
    "image-import": Act.IMPORT,
    "image-question-generation": Act.GENERATE_PAID,
    "image-answer-generation": Act.GENERATE_PAID,
    "image-analysis": Act.GENERATE_PAID,
    "image-variants": Act.MANAGE_IMAGES,
    "image-map": Act.RUN_CHECKS,
    "overlap-search": Act.RUN_CHECKS,
    "dataset-check": Act.RUN_CHECKS,
    "asked-check": Act.RUN_CHECKS,
    "twin-drafting": Act.GENERATE_PAID,
    "style-analysis": Act.MANAGE_STYLES,
    "style-generation": Act.GENERATE_PAID,
    "dataset-export": Act.EXPORT,
    "dataset-send": Act.PUBLISH,
    "dataset-return": Act.IMPORT,
    "project-export": Act.EXPORT,
}
"""What creating a task of each type is."""
