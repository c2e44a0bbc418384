{#
    The services that definitions ask for, as days on which a person has one during a stay, has not, or nobody can tell.
    The spans of a stay and service follow each other from the beginning to the end of time.
#}
with

turn as (
    select
        stay_id,
        required_service,
        {{ beginning_of_time() }} as day
    from {{ ref('int_service_answer') }}
    union
    select
        stay_id,
        required_service,
        from_date as day
    from {{ ref('int_service_answer') }}
    union
    select
        stay_id,
        required_service,
        to_date as day
    from {{ ref('int_service_answer') }}
    where to_date < {{ end_of_time() }}
),

span as (
    select
        *,
        lead(day, 1, {{ end_of_time() }}) over (partition by stay_id, required_service order by day) as next_day
    from turn
),

answered as (
    select
        span.stay_id,
        span.required_service,
        span.day,
        span.next_day,
        count(*) filter (where answer.answer = 'yes') as yes,
        count(*) filter (where answer.answer = 'no') as no,
        count(*) filter (where answer.answer = 'open') as left_open
    from span
    left join {{ ref('int_service_answer') }} as answer
        on
            span.stay_id = answer.stay_id
            and span.required_service = answer.required_service
            and span.day >= answer.from_date
            and span.day < answer.to_date
    group by span.stay_id, span.required_service, span.day, span.next_day
)

select
    stay_id,
    required_service,
    day as from_date,
    next_day as to_date,
    case
        when yes > 0 and no = 0 then true
        when no > 0 and yes = 0 and left_open = 0 then false
    end as has_service
from answered
