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
        'reason_code', 'dwelling_code', 'forms',
        'sex', 'birth_date', 'hukou_nature',
    ]) }}
{%- endmacro %}

{# A version that an earlier attempt of tonight wrote, and that no longer stands, was never published. #}
{% macro drop_unpublished_versions() -%}
    delete from {{ this }}
    where recorded_from_snapshot = recorded_to_snapshot
{%- endmacro %}

{# What an earlier attempt of tonight wrote is taken back, so that a night may be built again. #}
{% macro take_back_revisions() -%}
    {% if is_incremental() %}
        delete from {{ this }}
        where snapshot_id in (select night.snapshot_id from {{ ref('int_night') }} as night)
    {% endif %}
{%- endmacro %}
