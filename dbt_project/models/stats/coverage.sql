with

known as (
    select
        *,
        string_split(forms, '+') as form_ids
    from {{ ref('known_by') }}
),

-- every form that knows anybody at the time is asked of every other, so that a coverage of nobody is said
asked as (
    select distinct
        as_of,
        direction,
        unnest(form_ids) as other_form_id
    from known
    union all
    select distinct
        as_of,
        direction,
        'any' as other_form_id
    from known
),

known_to_form as (
    select
        *,
        unnest(form_ids) as form_id
    from known
),

paired as (
    select
        known.as_of,
        known.direction,
        known.level,
        known.division_code,
        known.form_id,
        asked.other_form_id,
        cast(sum(known.persons) as bigint) as persons,
        cast(coalesce(sum(known.persons) filter (
            where list_contains(known.form_ids, asked.other_form_id)
            or (asked.other_form_id = 'any' and len(known.form_ids) > 1)
        ), 0) as bigint) as also_known
    from known_to_form as known
    inner join asked
        on
            known.as_of = asked.as_of
            and known.direction = asked.direction
            and known.form_id != asked.other_form_id
    group by all
)

select
    *,
    round(also_known / persons, 6) as coverage_rate
from paired
