{#
    From day to day on which anything changed: what has ended by then is followed to what became of it. A change leads
    to a span that begins no sooner, so there are no cycles; shares multiply along a chain and add where chains meet.
#}
with recursive

link as (
    select *
    from {{ ref('int_division_link') }}
),

leaving as (
    select
        from_id as span_id,
        max(change_date) as known_to
    from link
    group by from_id
),

arriving as (
    select
        to_id as span_id,
        min(change_date) as known_from
    from link
    group by to_id
),

-- a register also speaks for the time before the first and after the last one loaded
known as (
    select
        span.span_id,
        span.code,
        span.span_from,
        coalesce(
            arriving.known_from,
            case when span.previous_to is null then {{ beginning_of_time() }} else span.span_from end
        ) as known_from,
        coalesce(leaving.known_to, span.next_from, {{ end_of_time() }}) as known_to,
        leaving.known_to is not null as has_successor
    from {{ ref('int_division_span') }} as span
    left join arriving on span.span_id = arriving.span_id
    left join leaving on span.span_id = leaving.span_id
),

day as (
    select
        known_to as day,
        row_number() over (order by known_to) as day_number
    from (
        select distinct known_to
        from known
        where has_successor
    ) as each
),

followed as (
    select
        span_id as from_id,
        span_id as to_id,
        cast(1.0 as double) as weight,
        cast(1.0 as double) as weight_back,
        cast(null as varchar) as basis,
        cast(0 as bigint) as day_number,
        has_successor as goes_on
    from known
    union all
    select
        followed.from_id,
        coalesce(link.to_id, followed.to_id) as to_id,
        sum(followed.weight * coalesce(link.share, 1.0)) as weight,
        sum(
            case
                when link.to_id is null then followed.weight_back
                else followed.weight_back * link.share_back
            end
        ) as weight_back,
        max(
            case
                when followed.basis is null or followed.basis = link.basis then coalesce(link.basis, followed.basis)
                when link.basis is null then followed.basis
                else 'several'
            end
        ) as basis,
        day.day_number,
        bool_or(coalesce(target.has_successor, followed.goes_on)) as goes_on
    from followed
    inner join day on followed.day_number + 1 = day.day_number
    inner join known as reached on followed.to_id = reached.span_id
    left join link on followed.to_id = link.from_id and day.day = reached.known_to
    left join known as target on link.to_id = target.span_id
    where followed.goes_on
    group by followed.from_id, coalesce(link.to_id, followed.to_id), day.day_number
),

pair as (
    select
        from_id,
        to_id,
        max(weight) as weight,
        max(weight_back) as weight_back,
        max(basis) as basis
    from followed
    group by from_id, to_id
)

select
    source.code as from_code,
    source.span_id as from_id,
    source.known_from as from_known_from,
    source.known_to as from_known_to,
    target.code as to_code,
    target.span_id as to_id,
    target.known_from as to_known_from,
    target.known_to as to_known_to,
    pair.weight,
    pair.weight_back,
    pair.basis
from pair
inner join known as source on pair.from_id = source.span_id
inner join known as target on pair.to_id = target.span_id
