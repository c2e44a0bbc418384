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
        leaving.known_to is not null as has_successor,
        arriving.known_from is not null as has_predecessor,
        span.span_to,
        span.previous_to,
        span.next_from
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
),

told as (
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
),

-- codes given to another place: of one that nobody knows what it came from, or what became of it, it is known where it
-- lay; one that came back under its name is itself
untold as (
    select
        known.span_id,
        'before' as side,
        known.known_from as edge,
        {{ upper_code('division') }} as upper_code
    from known
    inner join {{ ref('division') }} as division
        on
            known.code = division.code
            and known.span_from >= division.valid_from
            and (division.valid_to is null or known.span_from < division.valid_to)
    where
        known.previous_to is not null
        and not known.has_predecessor
        and not exists (
            select earlier.code
            from {{ ref('division') }} as earlier
            where
                earlier.code = division.code
                and earlier.name = division.name
                and earlier.valid_to <= known.span_from
        )
    union all
    select
        known.span_id,
        'after' as side,
        known.known_to as edge,
        {{ upper_code('division') }} as upper_code
    from known
    inner join {{ ref('division') }} as division
        on
            known.code = division.code
            and known.span_to > division.valid_from
            and (division.valid_to is null or known.span_to <= division.valid_to)
    where
        known.next_from is not null
        and not known.has_successor
        and not exists (
            select later.code
            from {{ ref('division') }} as later
            where
                later.code = division.code
                and later.name = division.name
                and later.valid_from >= known.next_from
        )
),

-- the division above may have come from nobody knows where on the same day, or earlier
around as (
    select
        untold.span_id,
        untold.side,
        untold.edge,
        untold.upper_code
    from untold
    union
    select
        around.span_id,
        around.side,
        untold.edge,
        untold.upper_code
    from around
    inner join known as upper
        on
            around.upper_code = upper.code
            and around.edge >= upper.known_from
            and around.edge <= upper.known_to
    inner join untold on upper.span_id = untold.span_id and around.side = untold.side
),

-- with what the divisions above were before, or became
lay_in as (
    select
        around.span_id,
        around.side,
        coalesce(before.from_code, around.upper_code) as code,
        before.from_id as other_id,
        coalesce(before.from_known_from, {{ beginning_of_time() }}) as known_from,
        least(coalesce(before.from_known_to, around.edge), around.edge) as known_to,
        case when before.from_id is null then 1.0 else before.weight_back end as weight
    from around
    left join told as before
        on
            around.upper_code = before.to_code
            and around.edge > before.to_known_from
            and around.edge <= before.to_known_to
    where around.side = 'before'
    union all
    select
        around.span_id,
        around.side,
        coalesce(after.to_code, around.upper_code) as code,
        after.to_id as other_id,
        greatest(coalesce(after.to_known_from, around.edge), around.edge) as known_from,
        coalesce(after.to_known_to, {{ end_of_time() }}) as known_to,
        case when after.to_id is null then 1.0 else after.weight end as weight
    from around
    left join told as after
        on
            around.upper_code = after.from_code
            and around.edge >= after.from_known_from
            and around.edge < after.from_known_to
    where around.side = 'after'
)

select *
from told
union all
select
    lay_in.code as from_code,
    lay_in.other_id as from_id,
    lay_in.known_from as from_known_from,
    lay_in.known_to as from_known_to,
    told.to_code,
    told.to_id,
    told.to_known_from,
    told.to_known_to,
    cast(null as double) as weight,
    lay_in.weight * told.weight_back as weight_back,
    cast(null as varchar) as basis
from lay_in
inner join told on lay_in.span_id = told.from_id
where lay_in.side = 'before' and lay_in.known_from < lay_in.known_to
union all
select
    told.from_code,
    told.from_id,
    told.from_known_from,
    told.from_known_to,
    lay_in.code as to_code,
    lay_in.other_id as to_id,
    lay_in.known_from as to_known_from,
    lay_in.known_to as to_known_to,
    lay_in.weight * told.weight as weight,
    cast(null as double) as weight_back,
    told.basis
from lay_in
inner join told on lay_in.span_id = told.to_id
where lay_in.side = 'after' and lay_in.known_from < lay_in.known_to
