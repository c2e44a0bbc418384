{#
    A division that ends leaves all it had to its successors; one that goes on keeps what it did not hand on. What is not
    known: shares that no source gives are equal, and a part of unknown size is taken for none, since most are small.
#}
with

span as (
    select *
    from {{ ref('int_division_span') }}
),

event as (
    select *
    from {{ ref('int_division_event') }}
),

told as (
    select
        source.span_id as from_id,
        target.span_id as to_id,
        event.change_date,
        event.weight,
        event.weight_basis,
        event.is_nested,
        false as is_rest
    from event
    inner join span as source
        on
            event.from_code = source.code
            and event.change_date > source.span_from
            and event.change_date <= coalesce(source.next_from, {{ end_of_time() }})
    inner join span as target
        on
            event.to_code = target.code
            and event.change_date < target.span_to
            and event.change_date >= coalesce(target.previous_to, {{ beginning_of_time() }})
),

going_on as (
    select
        span.span_id as from_id,
        following.span_id as to_id,
        span.span_to as change_date,
        cast(null as double) as weight,
        cast(null as varchar) as weight_basis,
        false as is_nested,
        true as is_rest
    from span
    inner join span as following
        on
            span.code = following.code
            and span.span_to = following.span_from
    where not exists (
        select event.from_code
        from event
        where
            event.from_code = span.code
            and event.change_date = span.span_to
            and (event.ends or event.to_code = span.code)
    )
),

single as (
    select
        from_id,
        to_id,
        max(change_date) as change_date,
        max(weight) as weight,
        max(weight_basis) as weight_basis,
        max(case when is_nested then 1 else 0 end) = 1 as is_nested,
        max(case when is_rest then 1 else 0 end) = 1 as is_rest
    from (
        select *
        from told
        union all
        select *
        from going_on
    ) as every
    group by from_id, to_id
),

given as (
    select
        *,
        coalesce(sum(weight) over source, 0.0) as given,
        count(*) over source as successors,
        count(weight) over source as successors_given,
        max(case when is_rest then 1 else 0 end) over source = 1 as goes_on,
        max(weight_basis) over source as given_basis
    from single
    window source as (partition by from_id)
),

shared as (
    select
        from_id,
        to_id,
        change_date,
        is_nested,
        case
            when is_rest then greatest(1.0 - given, 0.0)
            when goes_on and weight is null then 0.0
            when goes_on then weight / greatest(given, 1.0)
            when given = 0.0 then 1.0 / successors
            when weight is not null and successors_given = successors then weight / given
            when weight is not null then weight / greatest(given, 1.0)
            else greatest(1.0 - given, 0.0) / (successors - successors_given)
        end as share,
        case
            when successors = 1 then null
            when weight is not null then weight_basis
            when goes_on and successors_given < successors - 1 then 'unknown_size'
            when goes_on then given_basis
            -- the rest, where one is missing
            when given > 0.0 and successors_given = successors - 1 then given_basis
            else 'equal_shares'
        end as basis
    from given
)

select
    from_id,
    to_id,
    change_date,
    share,
    basis,
    -- going back: as if all that came together had been of one size; a county is no source beside its own town
    case
        when is_nested then null
        when sum(share) filter (where not is_nested) over target > 0.0
            then share / sum(share) filter (where not is_nested) over target
        else 1.0 / count(*) filter (where not is_nested) over target
    end as share_back,
    is_nested,
    count(*) filter (where not is_nested) over target as sources,
    count(*) over (partition by from_id) as successors
from shared
window target as (partition by to_id)
