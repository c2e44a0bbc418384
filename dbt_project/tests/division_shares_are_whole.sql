-- What a division left to others, and what one came from, is all of it: else totals would change with boundaries.
with left_to_others as (
    select
        from_id as span_id,
        sum(share) as whole
    from {{ ref('int_division_link') }}
    group by from_id
),

come_from_others as (
    select
        to_id as span_id,
        sum(share_back) as whole
    from {{ ref('int_division_link') }}
    where not is_nested
    group by to_id
)

select *
from left_to_others
where abs(whole - 1.0) > 1e-9
union all
select *
from come_from_others
where abs(whole - 1.0) > 1e-9
