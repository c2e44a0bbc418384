-- The versions that stand are core.stay, no more and no less; of people not touched neither has changed.
{% set this_build = ref('int_build') %}
{% set columns = version_columns() | join(', ') %}
{% set touched = is_touched() %}
{% set tried = 'true' if is_full_build() else touched %}
with

standing as (
    select {{ columns }}
    from {{ ref('stay_version') }}
    where recorded_to is null and {{ tried }}
),

stay_tried as (
    select *
    from {{ ref('stay') }}
    where {{ tried }}
),

published as (
    select {{ columns }}
    from {{ stays_with_person('stay_tried', ref('person')) }} as stay
),

unpublished as (
    select * from standing
    except
    select * from published
),

unrecorded as (
    select * from published
    except
    select * from standing
)

select
    'version' as found_in,
    stay_id
from unpublished
union all
select
    'stay' as found_in,
    stay_id
from unrecorded
