{#
    What became of a division, and where the places of codes lay of which nobody says what they came from or became.
#}
with recursive

descent as (
    select *
    from {{ ref('int_division_descent') }}
),

-- codes given to another place: of one that nobody knows what it came from, or what became of it, it is known where it
-- lay; one that came back under its name is itself
untold as (
    select
        span.span_id,
        'before' as side,
        span.span_from as edge,
        {{ upper_code('division') }} as upper_code
    from {{ ref('int_division_span') }} as span
    inner join {{ ref('division') }} as division
        on
            span.code = division.code
            and span.span_from >= division.valid_from
            and (division.valid_to is null or span.span_from < division.valid_to)
    where
        span.previous_to is not null
        and not exists (
            select link.to_id
            from {{ ref('int_division_link') }} as link
            where link.to_id = span.span_id
        )
        and not exists (
            select earlier.code
            from {{ ref('division') }} as earlier
            where
                earlier.code = division.code
                and earlier.name = division.name
                and earlier.valid_to <= span.span_from
        )
    union all
    select
        span.span_id,
        'after' as side,
        span.next_from as edge,
        {{ upper_code('division') }} as upper_code
    from {{ ref('int_division_span') }} as span
    inner join {{ ref('division') }} as division
        on
            span.code = division.code
            and span.span_to > division.valid_from
            and (division.valid_to is null or span.span_to <= division.valid_to)
    where
        span.next_from is not null
        and not exists (
            select link.from_id
            from {{ ref('int_division_link') }} as link
            where link.from_id = span.span_id
        )
        and not exists (
            select later.code
            from {{ ref('division') }} as later
            where
                later.code = division.code
                and later.name = division.name
                and later.valid_from >= span.next_from
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
    inner join descent as upper
        on
            upper.from_id = upper.to_id
            and around.upper_code = upper.from_code
            and around.edge >= upper.from_known_from
            and around.edge <= upper.from_known_to
    inner join untold on upper.from_id = untold.span_id and around.side = untold.side
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
    left join descent as before
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
    left join descent as after
        on
            around.upper_code = after.from_code
            and around.edge >= after.from_known_from
            and around.edge < after.from_known_to
    where around.side = 'after'
)

select *
from descent
union all
select
    lay_in.code as from_code,
    lay_in.other_id as from_id,
    lay_in.known_from as from_known_from,
    lay_in.known_to as from_known_to,
    descent.to_code,
    descent.to_id,
    descent.to_known_from,
    descent.to_known_to,
    cast(null as double) as weight,
    lay_in.weight * descent.weight_back as weight_back,
    cast(null as varchar) as basis
from lay_in
inner join descent on lay_in.span_id = descent.from_id
where lay_in.side = 'before' and lay_in.known_from < lay_in.known_to
union all
select
    descent.from_code,
    descent.from_id,
    descent.from_known_from,
    descent.from_known_to,
    lay_in.code as to_code,
    lay_in.other_id as to_id,
    lay_in.known_from as to_known_from,
    lay_in.known_to as to_known_to,
    lay_in.weight * descent.weight as weight,
    cast(null as double) as weight_back,
    descent.basis
from lay_in
inner join descent on lay_in.span_id = descent.to_id
where lay_in.side = 'after' and lay_in.known_from < lay_in.known_to
