"""The attacks that have to fail, by the names under which PROTOCOL section 9 asks for them.

Each is a test function `test_<name>` somewhere in tests/. `up_path_*` stands for each rule of
6.5; what it must hold at least is listed as names of its own.
"""

HOP = (
    "hop_wrong_pin hop_flip_client_hello hop_flip_server_hello hop_flip_server_auth"
    " hop_flip_client_auth hop_flip_auth_result hop_version_stripped hop_suite_not_offered"
    " hop_zero_x25519 hop_bad_mlkem_ek hop_sig_replayed_other_transcript"
    " hop_server_sig_as_client_sig hop_client_auth_to_other_server"
    " hop_unknown_key_only_after_proof hop_open_name_taken hop_spki_noncanonical"
    " hop_rsa2048_refused hop_e3_refused hop_role_flip hop_type_out_of_state"
    " hop_oversize_frame hop_slow_hello_deadline hop_welcome_wrong_h3 hop_open_revoked_key"
    " hop_no_prekey_closed hop_ping_flood_bounded key_file_bit_flip"
).split()

REC = (
    "rec_flip_len rec_flip_ct rec_flip_tag rec_replay rec_reorder rec_drop rec_reflect"
    " rec_oversize rec_eof_without_close rec_rekey_missing rec_data_after_close"
).split()

E2E = (
    "e2e_bundle_flip e2e_bundle_expired e2e_bundle_other_server e2e_bundle_name_swap"
    " e2e_key_changed e2e_init_replay e2e_init_old_prekey e2e_init_wrong_recipient"
    " e2e_init_from_self e2e_init_sender_mismatch e2e_init_bad_oaep_implicit e2e_init_rate"
    " e2e_msg_flip e2e_msg_replay e2e_msg_gap_shown e2e_msg_gap_1025 e2e_msg_other_session"
    " e2e_reflect e2e_reflect_own_bundle e2e_state_unchanged_after_bad e2e_receipt_forged"
    " e2e_receipt_replay e2e_receipt_lost_count e2e_reset_flood e2e_terminal_escape"
    " e2e_mid_duplicate_receipted e2e_bundle_other_name e2e_msg_relabelled_session"
    " e2e_lost_msg_becomes_undelivered e2e_lost_receipt_resent e2e_reset_loop_ends"
).split()

UP = (
    "up_chunk_swapped up_chunk_other_transfer up_chunk_flip up_chunk_short_plaintext"
    " up_chunk_number_ge_n up_chunk_duplicate up_chunk_beyond_total up_data_from_other_client"
    " up_fin_early up_hash_mismatch up_manifest_flip up_tid_reuse up_replay_finished"
    " up_receipt_forged up_ack_prefix_wrong up_resume_torn_part up_resume_changed_file"
    " up_stream_last_missing up_stream_last_early up_stream_swapped up_symlink_target"
    " up_takeover_keeps_part up_killed_before_rename up_fin_before_ack up_beyond_window"
    " up_quota_each up_crypto_errors_identical"
    " up_path_empty up_path_leading_dot up_path_leading_dash up_path_slash"
    " up_path_forbidden_sign up_path_control up_path_invalid_utf8 up_path_not_nfc"
    " up_path_unshowable up_path_trailing_dot_or_space up_path_device up_path_too_long"
).split()

SIM = (
    "sim_shown_was_sent sim_shown_once sim_order_kept sim_delivered_is_true"
    " sim_count_is_exact sim_count_is_shown sim_acknowledged_is_on_disk sim_receipted_is_whole"
    " sim_final_is_whole_or_absent sim_pins_are_kept sim_receipts_are_kept"
    " sim_outboxes_within_caps sim_nobody_else_pays sim_no_internal_error"
    " sim_nobody_waits_for_ever"
).split()
"""Not of section 9: what holds in every made-up world (tests/simulation)."""

ALL = (*HOP, *REC, *E2E, *UP, *SIM)
