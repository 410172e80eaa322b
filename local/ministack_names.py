"""The names inside MiniStack that this project uses.

MiniStack is pinned, and `missing_names` (asked at start-up and by a test) says in one line what an update took away.
"""

import importlib
from importlib.metadata import version

PINNED_VERSION = "1.5.33"
PRIVATE_NAMES = {
    "ministack.core.iam_evaluator": ("_resolve_condition_key",),
    "ministack.core.lambda_runtime": (
        "_workers",
        "acquire_worker",
        "kill_workers",
        "release_worker",
    ),
    "ministack.core.responses": (
        "error_response_json",
        "get_account_id",
        "json_response",
        "now_iso",
        "request_scope",
        "set_request_account_id",
    ),
    "ministack.core.router": (
        "extract_access_key_id",
        "extract_region",
    ),
    "ministack.services.cloudformation.provisioners": (
        "_RESOURCE_HANDLERS",
        "_physical_name",
    ),
    "ministack.services.cloudwatch": ("record_metric",),
    "ministack.services.dynamodb": (
        "_tables",
        "stream_end_position",
        "stream_records_since",
        "stream_start_position",
    ),
    "ministack.services.eventbridge": (
        "_NoFollowRedirect",
        "_api_dest_opener",
        "_api_destination_send_sync",
        "_build_api_destination_request",
        "_connection_auth_headers",
        "_create_api_destination",
        "_create_connection",
        "_delete_api_destination",
        "_delete_connection",
        "_deliver_to_api_destination",
        "_dispatch_event",
        "_dispatch_to_stepfunctions",
        "_ensure_default_bus",
        "_http_open",
        "_invoke_target",
        "_pattern_event_view",
        "_put_events",
        "_update_api_destination",
        "_update_connection",
    ),
    "ministack.services.iam": (
        "_extract_simulate_params",
        "_p",
    ),
    "ministack.services.lambda_svc": (
        "_apply_filter_criteria",
        "_build_function_url_event",
        "_dispatch_esm_batch",
        "_dynamodb_stream_positions",
        "_dynamodb_stream_positions_lock",
        "_esm_backoff_until",
        "_esm_inflight",
        "_esm_wake",
        "_execute_function",
        "_execute_function_warm",
        "_execute_function_with_config_scope",
        "_execution_record_for_config",
        "_functions",
        "_get_func_record_for_qualifier",
        "_get_func_record_for_ref",
        "_inflight_key",
        "_iter_all_esms",
        "_poll_dynamodb_streams",
        "_reserved_concurrency",
        "_resolve_layer_zip",
        "_send_ddb_stream_failure_record",
        "_sqs_esm_concurrency",
        "executions_in_flight",
        "handle_function_url_request",
        "invoke_async_with_retry",
    ),
    "ministack.services.scheduler": (
        "_SCHEDULE_TICK_INTERVAL",
        "_at_time_epoch",
        "_schedule_last_fired",
        "_schedules",
        "_tick_schedules",
    ),
    "ministack.services.secretsmanager": (
        "_get_secret_value",
        "_remove_stage_everywhere",
        "_resolve",
        "_rotate_secret",
    ),
    "ministack.services.ses_v2": (
        "_config_sets",
        "_identities",
        "_tenant_resources",
        "_tenants",
        "handle_request",
    ),
    "ministack.services.sqs": (
        "_act_send_message",
        "_queue_by_arn",
        "_receive_messages_for_esm",
    ),
    "ministack.services.sts": ("_caller_identity",),
    "ministack.services.stepfunctions": (
        "_ExecutionError",
        "_add_event",
        "_apply_jsonata_arguments",
        "_apply_jsonata_output",
        "_apply_output_path",
        "_apply_state_assign",
        "_call_lambda",
        "_emit_execution_status_event",
        "_execute_task",
        "_executions",
        "_fail_execution",
        "_find_matching_retrier",
        "_invoke_resource_with_timeout",
        "_invoke_with_callback",
        "_jsonata_state_field",
        "_resolve_state_machine_arn",
        "_run_execution",
        "_run_parallel_branches",
        "_send_task_failure",
        "_send_task_heartbeat",
        "_send_task_success",
        "_start_execution",
        "_state_machines",
        "_state_query_language",
        "_stop_execution",
        "_task_tokens",
    ),
}


def missing_names() -> list[str]:
    """Return what this project uses of MiniStack's insides and no longer finds there."""
    missing = [
        f"{module}.{name}"
        for module, names in PRIVATE_NAMES.items()
        for name in names
        if not hasattr(importlib.import_module(module), name)
    ]
    found = version("ministack")
    return missing if found == PINNED_VERSION else [f"ministack {found} instead of {PINNED_VERSION}", *missing]
