{#
    How long the stays last that are counted in the twelve months to a month end: each in completed months, until it ended
    or, as long as nothing says that it has, until it was last seen. Kept by the months between which they are counted, so
    that a further month end adds nothing.
#}
with

part as (
    {{ frequency_parts(['begun_month', 'seen_month', 'lasted_months', 'is_ended'], ['certain']) }}
),

alike as (
    select
        part.definition_number,
        part.area_number,
        part.certain_from as from_month,
        part.certain_to as to_month,
        -- a beginning tells how long a stay lasts that still goes on at a month end, an end how long it has lasted
        case
            when part.seen_month > part.certain_from or part.seen_month is null then part.begun_month
        end as begun_month,
        case when part.seen_month < part.certain_to then part.seen_month end as seen_month,
        case when part.seen_month < part.certain_to then part.lasted_months end as lasted_months,
        coalesce(part.seen_month < part.certain_to, false) and part.is_ended as is_ended,
        count(*) as stays
    from part
    where part.begun_month is not null and part.certain_from < part.certain_to
    group by all
)

select
    alike.definition_number,
    division.division_number,
    greatest(alike.from_month, division.from_month) as from_month,
    least(alike.to_month, division.to_month) as to_month,
    alike.begun_month,
    alike.seen_month,
    alike.lasted_months,
    alike.is_ended,
    cast(sum(alike.stays) as integer) as stays
from alike
inner join {{ ref('int_frequency_division') }} as division
    on
        alike.area_number = division.area_number
        and alike.from_month < division.to_month
        and alike.to_month > division.from_month
group by all
