{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    unique_key=['stay_id', 'recorded_from_snapshot'],
    full_refresh=false,
    on_schema_change='append_new_columns',
    post_hook="{{ drop_unpublished_versions() }}"
) }}
{%- set columns = version_columns() | join(', ') -%}
{%- set nothing_yet %}
(
    select
        now.*,
        cast(null as date) as recorded_from,
        cast(null as varchar) as recorded_from_snapshot,
        cast(null as date) as recorded_to
    from now
    where false
)
{% endset -%}
{%- set touched = 'person_key in (select touched.person_key from ' ~ ref('int_touched_person') ~ ' as touched)' -%}
with stay_touched as (
    select *
    from {{ ref('stay') }}
    where {{ touched if is_incremental() else 'true' }}
),

person_touched as (
    select *
    from {{ ref('person') }}
    where {{ touched if is_incremental() else 'true' }}
),

now as (
    select {{ columns }}
    from {{ stays_with_person('stay_touched', 'person_touched') }} as stay
),

standing as (
    select version.*
    from {{ this if is_incremental() else nothing_yet }} as version
    where version.recorded_to is null and version.{{ touched }}
),

new as (
    select {{ columns }} from now
    except
    select {{ columns }} from standing
),

gone as (
    select {{ columns }} from standing
    except
    select {{ columns }} from now
)

select
    {% for column in version_columns() -%}
        new.{{ column }},
    {% endfor -%}
    night.run_date as recorded_from,
    night.snapshot_id as recorded_from_snapshot,
    cast(null as date) as recorded_to,
    cast(null as varchar) as recorded_to_snapshot
from new
cross join {{ ref('int_night') }} as night
union all
select
    {% for column in version_columns() -%}
        standing.{{ column }},
    {% endfor -%}
    standing.recorded_from,
    standing.recorded_from_snapshot,
    night.run_date as recorded_to,
    night.snapshot_id as recorded_to_snapshot
from standing
inner join gone on standing.stay_id = gone.stay_id
cross join {{ ref('int_night') }} as night
