-- The versions that stand are core.stay, no more and no less; of people not touched neither has changed.
{% set columns = version_columns() | join(', ') %}
with

standing as (
    select {{ columns }}
    from {{ ref('stay_version') }}
    where recorded_to is null and {{ is_touched() }}
),

stay_tried as (
    select *
    from {{ ref('stay') }}
    where {{ is_touched() }}
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
