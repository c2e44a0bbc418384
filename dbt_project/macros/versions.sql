{#
    Versions of stays: what the warehouse has published of them, and from which night to which. How often and when
    something was said again is no new version of it: that stands in core.stay_evidence.
#}
{% macro version_columns() -%}
    {{ return([
        'stay_id', 'person_key', 'origin_code', 'origin_level', 'dest_code', 'dest_level',
        'left_hukou_date', 'left_hukou_after', 'left_hukou_before',
        'arrived_date', 'arrived_after', 'arrived_before', 'begin_kind',
        'ended_date', 'ended_after', 'ended_before', 'end_kind',
        'reason_code', 'dwelling_code', 'forms', 'first_reported',
        'sex', 'birth_date', 'hukou_nature',
    ]) }}
{%- endmacro %}

{# What an earlier attempt of tonight wrote is taken back first, so that a night may be built again. #}
{% macro take_back(snapshot_column) -%}
    {% if is_incremental() %}
        delete from {{ this }}
        where {{ snapshot_column }} in (select night.snapshot_id from {{ ref('int_night') }} as night)
    {% endif %}
{%- endmacro %}

{% macro reopen_versions() -%}
    {% if is_incremental() %}
        update {{ this }}
        set
            recorded_to = null,
            recorded_to_snapshot = null
        where recorded_to_snapshot in (select night.snapshot_id from {{ ref('int_night') }} as night)
    {% endif %}
{%- endmacro %}
