column api_key.addons text NOT NULL DEFAULT ''::text
column api_key.created_at bigint NOT NULL
column api_key.decided_by bigint
column api_key.expires_at bigint
column api_key.hash bytea NOT NULL
column api_key.id text NOT NULL
column api_key.last_used_at bigint
column api_key.last_used_from text
column api_key.mac bytea
column api_key.name text NOT NULL
column api_key.revoked_at bigint
column api_key.scopes text NOT NULL
column attempt.at bigint NOT NULL
column attempt.duration bigint
column attempt.event bigint NOT NULL
column attempt.failure text
column attempt.number bigint NOT NULL
column attempt.status bigint
column attempt.target text
column audit.action text NOT NULL
column audit.actor text NOT NULL
column audit.addon_id text NOT NULL DEFAULT ''::text
column audit.addon_key text NOT NULL DEFAULT ''::text
column audit.at bigint NOT NULL
column audit.decides text NOT NULL DEFAULT ''::text
column audit.detail text NOT NULL DEFAULT ''::text
column audit.hash bytea NOT NULL
column audit.number bigint NOT NULL
column audit.outcome text NOT NULL
column audit.subject text NOT NULL DEFAULT ''::text
column audit.workspace_id text NOT NULL DEFAULT ''::text
column backup.at bigint NOT NULL
column backup.bytes bigint NOT NULL
column backup.keys text NOT NULL
column backup.number bigint NOT NULL
column backup.path text NOT NULL
column clock.one bigint NOT NULL
column clock.shown bigint NOT NULL
column clock.swept bigint NOT NULL
column clock_step.audit bigint NOT NULL
column clock_step.event bigint NOT NULL
column clock_step.newest bigint NOT NULL
column clock_step.noticed bigint NOT NULL
column clock_step.number bigint NOT NULL
column clock_step.undone boolean NOT NULL DEFAULT false
column commit_mark.at bigint NOT NULL
column commit_mark.is_undone boolean NOT NULL DEFAULT false
column commit_mark.mark bytea NOT NULL
column damaged_value.found_at bigint NOT NULL
column damaged_value.number bigint NOT NULL
column damaged_value.place text NOT NULL DEFAULT ''::text
column damaged_value.source text NOT NULL
column deployment.decided_by bigint
column deployment.form bigint NOT NULL
column deployment.mac bytea
column deployment.one bigint NOT NULL
column deployment.storage_key text NOT NULL
column deployment.wrapped_key bytea NOT NULL
column event.attempts bigint NOT NULL DEFAULT 0
column event.bytes bigint NOT NULL
column event.clock_step bigint NOT NULL DEFAULT 0
column event.failure text
column event.id bigint NOT NULL
column event.installation bigint NOT NULL
column event.received_at bigint NOT NULL
column event.replayed_at bigint
column event.sealed_body bytea
column event.settled_at bigint
column event.state text NOT NULL
column event.type text NOT NULL
column handed_out_token.digest bytea NOT NULL
column handed_out_token.installation bigint NOT NULL
column history.at bigint NOT NULL
column history.count bigint NOT NULL
column history.series text NOT NULL
column history.span bigint NOT NULL
column installation.addon_id text NOT NULL
column installation.addon_key text NOT NULL
column installation.addon_user_id text NOT NULL DEFAULT ''::text
column installation.api_url text NOT NULL DEFAULT ''::text
column installation.as_user text NOT NULL DEFAULT ''::text
column installation.decided_by bigint
column installation.ended_at bigint
column installation.handed_out bytea
column installation.installation_key bigint
column installation.installed_at bigint
column installation.issued_at bigint
column installation.mac bytea
column installation.number bigint NOT NULL
column installation.status text NOT NULL
column installation.storage_key text
column installation.token_set bigint NOT NULL DEFAULT 0
column installation.updated_at bigint NOT NULL
column installation.version bigint NOT NULL DEFAULT 1
column installation.workspace_id text NOT NULL
column installation.wrapped_key bytea
column installation_secret.installation bigint NOT NULL
column installation_secret.name text NOT NULL
column installation_secret.sealed bytea NOT NULL
column instance.clock_ahead bigint NOT NULL
column instance.configuration text[] NOT NULL
column instance.epoch bigint NOT NULL
column instance.key_files text[] NOT NULL
column instance.loaded_keys text[] NOT NULL
column instance.name text NOT NULL
column instance.schema_step bigint NOT NULL
column instance.seen_at bigint NOT NULL
column instance.started_at bigint NOT NULL
column instance.version text NOT NULL
column kept_share.bytes bigint NOT NULL
column kept_share.events bigint NOT NULL
column kept_share.installation bigint NOT NULL
column kept_total.counted bigint NOT NULL
column kept_total.dead_bytes bigint NOT NULL
column kept_total.dead_events bigint NOT NULL
column kept_total.one bigint NOT NULL
column kept_total.waiting_bytes bigint NOT NULL
column kept_total.waiting_events bigint NOT NULL
column key_work.actor text NOT NULL
column key_work.command text NOT NULL
column key_work.one bigint NOT NULL
column key_work.process bigint
column key_work.since bigint NOT NULL
column migration.name text NOT NULL
column migration.number bigint NOT NULL
column migration.oldest bigint NOT NULL DEFAULT 1
column move.at bigint NOT NULL
column move.id text NOT NULL
column move.one bigint NOT NULL
column move.other text NOT NULL
column move.state text NOT NULL
column outgoing_key.installation bigint NOT NULL
column outgoing_key.installation_key bigint NOT NULL
column outgoing_key.resealed_through bigint NOT NULL DEFAULT 0
column outgoing_key.storage_key text NOT NULL
column outgoing_key.wrapped_key bytea NOT NULL
column refusal.count bigint NOT NULL
column refusal.installation bigint NOT NULL
column refusal.last_at bigint NOT NULL
column refusal.token_set bigint NOT NULL
column rotation.decided_by bigint
column rotation.finished_at bigint
column rotation.from_key text NOT NULL
column rotation.mac bytea
column rotation.number bigint NOT NULL
column rotation.reencrypt boolean NOT NULL
column rotation.started_at bigint NOT NULL
column rotation.to_key text NOT NULL
column session.api_key text NOT NULL
column session.created_at bigint NOT NULL
column session.digest bytea NOT NULL
column session.id text NOT NULL
column session.seen_at bigint NOT NULL
column session.source text NOT NULL
column settings_to_erase.ended_at bigint NOT NULL
column settings_to_erase.installation bigint NOT NULL
column settings_to_erase.through bigint NOT NULL DEFAULT 0
column storage_key.check_value bytea NOT NULL
column storage_key.created_at bigint NOT NULL
column storage_key.decided_by bigint
column storage_key.destroyed_at bigint
column storage_key.id text NOT NULL
column storage_key.mac bytea
column storage_key.promoted_at bigint
column storage_key.retired_at bigint
column storage_key.state text NOT NULL
column stream_call.at bigint NOT NULL
column stream_call.epoch bigint NOT NULL
column stream_call.number bigint NOT NULL
column stream_call.streams bigint[] NOT NULL
column stream_claim.epoch bigint NOT NULL
column stream_claim.installation bigint NOT NULL
column stream_hold.event bigint NOT NULL
column stream_hold.installation bigint NOT NULL
column stream_hold.lease text
column stream_hold.length bigint NOT NULL
column stream_hold.until bigint NOT NULL
column target_pause.addon_key text NOT NULL
column target_pause.name text NOT NULL
column target_pause.since bigint NOT NULL
column token_rate.actor text NOT NULL
column token_rate.free bigint NOT NULL
column webhook_token.installation bigint NOT NULL
column webhook_token.ordinal bigint NOT NULL
column webhook_token.path text NOT NULL
column webhook_token.sealed bytea NOT NULL
column webhook_token.wire_path text NOT NULL
constraint innkeeper.api_key.api_key_hash_check CHECK ((length(hash) = 32))
constraint innkeeper.api_key.api_key_mac_check CHECK ((length(mac) = 32))
constraint innkeeper.api_key.api_key_pkey PRIMARY KEY (id)
constraint innkeeper.attempt.attempt_pkey PRIMARY KEY (event, number)
constraint innkeeper.audit.audit_hash_check CHECK ((length(hash) = 32))
constraint innkeeper.audit.audit_pkey PRIMARY KEY (number)
constraint innkeeper.backup.backup_pkey PRIMARY KEY (number)
constraint innkeeper.clock.clock_one_check CHECK ((one = 1))
constraint innkeeper.clock.clock_pkey PRIMARY KEY (one)
constraint innkeeper.clock_step.clock_step_pkey PRIMARY KEY (number)
constraint innkeeper.commit_mark.commit_mark_pkey PRIMARY KEY (mark)
constraint innkeeper.damaged_value.damaged_value_pkey PRIMARY KEY (source, number, place)
constraint innkeeper.damaged_value.damaged_value_source_check CHECK ((source = ANY (ARRAY['deployment'::text, 'installation'::text, 'installation_secret'::text, 'webhook_token'::text, 'event'::text])))
constraint innkeeper.deployment.deployment_form_check CHECK ((form = ANY (ARRAY[(1)::bigint, (2)::bigint])))
constraint innkeeper.deployment.deployment_mac_check CHECK ((length(mac) = 32))
constraint innkeeper.deployment.deployment_one_check CHECK ((one = 1))
constraint innkeeper.deployment.deployment_pkey PRIMARY KEY (one)
constraint innkeeper.deployment.deployment_storage_key_fkey FOREIGN KEY (storage_key) REFERENCES innkeeper.storage_key(id)
constraint innkeeper.event.event_bytes_check CHECK (((bytes >= 0) AND (bytes <= (1 << 30))))
constraint innkeeper.event.event_pkey PRIMARY KEY (id)
constraint innkeeper.event.event_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'leased'::text, 'delivered'::text, 'dead'::text])))
constraint innkeeper.handed_out_token.handed_out_token_digest_check CHECK ((length(digest) = 32))
constraint innkeeper.handed_out_token.handed_out_token_pkey PRIMARY KEY (installation, digest)
constraint innkeeper.history.history_pkey PRIMARY KEY (span, at, series)
constraint innkeeper.history.history_span_check CHECK ((span = ANY (ARRAY[(60)::bigint, (3600)::bigint])))
constraint innkeeper.installation.installation_addon_key_workspace_id_addon_id_key UNIQUE (addon_key, workspace_id, addon_id)
constraint innkeeper.installation.installation_check CHECK (((ended_at IS NULL) = (status = ANY (ARRAY['ACTIVE'::text, 'INACTIVE'::text]))))
constraint innkeeper.installation.installation_check1 CHECK (((wrapped_key IS NULL) = (storage_key IS NULL)))
constraint innkeeper.installation.installation_check2 CHECK (((wrapped_key IS NULL) = (installation_key IS NULL)))
constraint innkeeper.installation.installation_check3 CHECK (((ended_at IS NOT NULL) OR (wrapped_key IS NOT NULL)))
constraint innkeeper.installation.installation_handed_out_check CHECK ((length(handed_out) = 32))
constraint innkeeper.installation.installation_pkey PRIMARY KEY (number)
constraint innkeeper.installation.installation_status_check CHECK ((status = ANY (ARRAY['ACTIVE'::text, 'INACTIVE'::text, 'SUPERSEDED'::text, 'DELETED'::text])))
constraint innkeeper.installation_secret.installation_secret_name_check CHECK ((name = ANY (ARRAY['installation-token'::text, 'settings'::text])))
constraint innkeeper.installation_secret.installation_secret_pkey PRIMARY KEY (installation, name)
constraint innkeeper.instance.instance_pkey PRIMARY KEY (epoch)
constraint innkeeper.kept_share.kept_share_pkey PRIMARY KEY (installation)
constraint innkeeper.kept_total.kept_total_one_check CHECK ((one = 1))
constraint innkeeper.kept_total.kept_total_pkey PRIMARY KEY (one)
constraint innkeeper.key_work.key_work_one_check CHECK ((one = 1))
constraint innkeeper.key_work.key_work_pkey PRIMARY KEY (one)
constraint innkeeper.migration.migration_pkey PRIMARY KEY (number)
constraint innkeeper.move.move_id_check CHECK ((length(id) = 32))
constraint innkeeper.move.move_one_check CHECK ((one = 1))
constraint innkeeper.move.move_pkey PRIMARY KEY (one)
constraint innkeeper.move.move_state_check CHECK ((state = ANY (ARRAY['leaving'::text, 'left'::text, 'arriving'::text, 'checked'::text, 'arrived'::text])))
constraint innkeeper.outgoing_key.outgoing_key_pkey PRIMARY KEY (installation)
constraint innkeeper.refusal.refusal_installation_fkey FOREIGN KEY (installation) REFERENCES innkeeper.installation(number)
constraint innkeeper.refusal.refusal_pkey PRIMARY KEY (installation)
constraint innkeeper.rotation.rotation_from_key_fkey FOREIGN KEY (from_key) REFERENCES innkeeper.storage_key(id)
constraint innkeeper.rotation.rotation_mac_check CHECK ((length(mac) = 32))
constraint innkeeper.rotation.rotation_pkey PRIMARY KEY (number)
constraint innkeeper.rotation.rotation_to_key_fkey FOREIGN KEY (to_key) REFERENCES innkeeper.storage_key(id)
constraint innkeeper.session.session_digest_check CHECK ((length(digest) = 32))
constraint innkeeper.session.session_id_check CHECK ((length(id) = 16))
constraint innkeeper.session.session_pkey PRIMARY KEY (id)
constraint innkeeper.settings_to_erase.settings_to_erase_pkey PRIMARY KEY (installation)
constraint innkeeper.storage_key.storage_key_check_value_check CHECK ((length(check_value) = 16))
constraint innkeeper.storage_key.storage_key_id_check CHECK ((length(id) = 16))
constraint innkeeper.storage_key.storage_key_mac_check CHECK ((length(mac) = 32))
constraint innkeeper.storage_key.storage_key_pkey PRIMARY KEY (id)
constraint innkeeper.storage_key.storage_key_state_check CHECK ((state = ANY (ARRAY['prepared'::text, 'primary'::text, 'retiring'::text, 'disabled'::text, 'destroyed'::text])))
constraint innkeeper.stream_call.stream_call_pkey PRIMARY KEY (number)
constraint innkeeper.stream_claim.stream_claim_pkey PRIMARY KEY (installation)
constraint innkeeper.stream_hold.stream_hold_pkey PRIMARY KEY (installation)
constraint innkeeper.target_pause.target_pause_pkey PRIMARY KEY (addon_key, name)
constraint innkeeper.token_rate.token_rate_pkey PRIMARY KEY (actor)
constraint innkeeper.webhook_token.webhook_token_pkey PRIMARY KEY (installation, path, ordinal)
index CREATE INDEX audit_by_installation ON innkeeper.audit USING btree (workspace_id, addon_key, addon_id, number) WHERE (workspace_id <> ''::text)
index CREATE INDEX audit_by_subject ON innkeeper.audit USING btree (decides, number) WHERE (decides <> ''::text)
index CREATE INDEX commit_mark_by_age ON innkeeper.commit_mark USING btree (at)
index CREATE INDEX event_dead ON innkeeper.event USING btree (installation, id) INCLUDE (bytes) WHERE (state = 'dead'::text)
index CREATE INDEX event_dead_by_arrival ON innkeeper.event USING btree (id) WHERE (state = 'dead'::text)
index CREATE INDEX event_delivered ON innkeeper.event USING btree (installation, id) WHERE (state = 'delivered'::text)
index CREATE INDEX event_delivered_by_arrival ON innkeeper.event USING btree (id) WHERE (state = 'delivered'::text)
index CREATE INDEX event_waiting ON innkeeper.event USING btree (installation, id) INCLUDE (bytes) WHERE (state = ANY (ARRAY['pending'::text, 'leased'::text]))
index CREATE INDEX event_waiting_by_arrival ON innkeeper.event USING btree (id) WHERE (state = ANY (ARRAY['pending'::text, 'leased'::text]))
index CREATE INDEX installation_by_addon ON innkeeper.installation USING btree (addon_key, number)
index CREATE INDEX installation_by_status ON innkeeper.installation USING btree (status, number)
index CREATE INDEX installation_by_workspace ON innkeeper.installation USING btree (workspace_id, number)
index CREATE INDEX installation_census ON innkeeper.installation USING btree (storage_key, number) WHERE (storage_key IS NOT NULL)
index CREATE INDEX installation_live ON innkeeper.installation USING btree (number) WHERE (ended_at IS NULL)
index CREATE INDEX outgoing_key_census ON innkeeper.outgoing_key USING btree (storage_key)
index CREATE INDEX refusal_by_time ON innkeeper.refusal USING btree (last_at)
index CREATE INDEX session_by_key ON innkeeper.session USING btree (api_key, created_at)
index CREATE INDEX settings_to_erase_by_end ON innkeeper.settings_to_erase USING btree (ended_at)
index CREATE INDEX stream_claim_by_epoch ON innkeeper.stream_claim USING btree (epoch)
index CREATE INDEX stream_hold_by_end ON innkeeper.stream_hold USING btree (until)
index CREATE INDEX stream_hold_by_start ON innkeeper.stream_hold USING btree (((until - length)))
index CREATE UNIQUE INDEX api_key_pkey ON innkeeper.api_key USING btree (id)
index CREATE UNIQUE INDEX attempt_pkey ON innkeeper.attempt USING btree (event, number)
index CREATE UNIQUE INDEX audit_pkey ON innkeeper.audit USING btree (number)
index CREATE UNIQUE INDEX backup_pkey ON innkeeper.backup USING btree (number)
index CREATE UNIQUE INDEX clock_pkey ON innkeeper.clock USING btree (one)
index CREATE UNIQUE INDEX clock_step_pkey ON innkeeper.clock_step USING btree (number)
index CREATE UNIQUE INDEX commit_mark_pkey ON innkeeper.commit_mark USING btree (mark)
index CREATE UNIQUE INDEX damaged_value_pkey ON innkeeper.damaged_value USING btree (source, number, place)
index CREATE UNIQUE INDEX deployment_pkey ON innkeeper.deployment USING btree (one)
index CREATE UNIQUE INDEX event_pkey ON innkeeper.event USING btree (id)
index CREATE UNIQUE INDEX handed_out_token_pkey ON innkeeper.handed_out_token USING btree (installation, digest)
index CREATE UNIQUE INDEX history_pkey ON innkeeper.history USING btree (span, at, series)
index CREATE UNIQUE INDEX installation_addon_key_workspace_id_addon_id_key ON innkeeper.installation USING btree (addon_key, workspace_id, addon_id)
index CREATE UNIQUE INDEX installation_live_once ON innkeeper.installation USING btree (addon_key, workspace_id) WHERE (ended_at IS NULL)
index CREATE UNIQUE INDEX installation_pkey ON innkeeper.installation USING btree (number)
index CREATE UNIQUE INDEX installation_secret_pkey ON innkeeper.installation_secret USING btree (installation, name)
index CREATE UNIQUE INDEX instance_pkey ON innkeeper.instance USING btree (epoch)
index CREATE UNIQUE INDEX kept_share_pkey ON innkeeper.kept_share USING btree (installation)
index CREATE UNIQUE INDEX kept_total_pkey ON innkeeper.kept_total USING btree (one)
index CREATE UNIQUE INDEX key_work_pkey ON innkeeper.key_work USING btree (one)
index CREATE UNIQUE INDEX migration_pkey ON innkeeper.migration USING btree (number)
index CREATE UNIQUE INDEX move_pkey ON innkeeper.move USING btree (one)
index CREATE UNIQUE INDEX outgoing_key_pkey ON innkeeper.outgoing_key USING btree (installation)
index CREATE UNIQUE INDEX refusal_pkey ON innkeeper.refusal USING btree (installation)
index CREATE UNIQUE INDEX rotation_pkey ON innkeeper.rotation USING btree (number)
index CREATE UNIQUE INDEX rotation_unfinished ON innkeeper.rotation USING btree (((finished_at IS NULL))) WHERE (finished_at IS NULL)
index CREATE UNIQUE INDEX session_pkey ON innkeeper.session USING btree (id)
index CREATE UNIQUE INDEX settings_to_erase_pkey ON innkeeper.settings_to_erase USING btree (installation)
index CREATE UNIQUE INDEX storage_key_pkey ON innkeeper.storage_key USING btree (id)
index CREATE UNIQUE INDEX storage_key_primary ON innkeeper.storage_key USING btree (state) WHERE (state = 'primary'::text)
index CREATE UNIQUE INDEX stream_call_pkey ON innkeeper.stream_call USING btree (number)
index CREATE UNIQUE INDEX stream_claim_pkey ON innkeeper.stream_claim USING btree (installation)
index CREATE UNIQUE INDEX stream_hold_pkey ON innkeeper.stream_hold USING btree (installation)
index CREATE UNIQUE INDEX target_pause_pkey ON innkeeper.target_pause USING btree (addon_key, name)
index CREATE UNIQUE INDEX token_rate_pkey ON innkeeper.token_rate USING btree (actor)
index CREATE UNIQUE INDEX webhook_token_pkey ON innkeeper.webhook_token USING btree (installation, path, ordinal)
sequence backup_number_seq
sequence epoch
sequence installation_number
sequence stream_call_number_seq
trigger CREATE TRIGGER audit_is_append_only BEFORE DELETE OR UPDATE OR TRUNCATE ON innkeeper.audit FOR EACH STATEMENT EXECUTE FUNCTION innkeeper.refuse_change()
