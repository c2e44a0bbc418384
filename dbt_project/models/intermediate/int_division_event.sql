{#
    What is stated of changes, and what follows from it for the divisions above: where a township went to another county,
    a part of its county did. How large that part is, is told by how many of its divisions went.
#}
{%- set upper_levels = levels()[:-1] -%}
with

stated as (
    select
        from_code,
        to_code,
        change_date,
        max(weight) as weight,
        max(weight_basis) as weight_basis,
        max(case when kind = 'transfer' then 0 else 1 end) = 1 as is_whole
    from {{ ref('division_change') }}
    where kind != 'rename' or from_code != to_code
    group by from_code, to_code, change_date
),

left_behind as (
    select
        from_code,
        change_date,
        count(*) as successors,
        max(case when is_whole then 1 else 0 end) = 1
        and max(case when from_code = to_code then 1 else 0 end) = 0 as ends
    from stated
    group by from_code, change_date
),

reparented as (
    select
        code,
        valid_from,
        lag(valid_to) over (partition by code order by valid_from) as previous_to,
    {% for level in upper_levels -%}
        {{ level }}_key != lag({{ level }}_key) over (partition by code order by valid_from) as {{ level }}_differs
        {{- ',' if not loop.last }}
    {% endfor %}
    from {{ ref('int_division_key') }}
    where code in (
        select division.code
        from {{ ref('division') }} as division
        group by division.code
        having count(*) > 1
    )
),

gone as (
    select
        stated.from_code,
        stated.to_code,
        stated.change_date,
        case when stated.is_whole then 1.0 / left_behind.successors else 0.0 end as part
    from stated
    inner join left_behind
        on
            stated.from_code = left_behind.from_code
            and stated.change_date = left_behind.change_date
    where stated.from_code != stated.to_code
    union all
    select
        code as from_code,
        code as to_code,
        valid_from as change_date,
        1.0 as part
    from reparented
    where
        valid_from = previous_to
        and (
            {% for level in upper_levels -%}
                {{ 'or ' if not loop.first }}{{ level }}_differs
            {% endfor %}
        )
),

both_ends as (
    select
        gone.change_date,
        gone.part,
        gone.from_code,
        gone.to_code,
        before.level as part_level,
    {% for level in upper_levels -%}
        before.{{ level }}_key as from_{{ level }},
        after.{{ level }}_key as to_{{ level }}{{ ',' if not loop.last }}
    {% endfor %}
    from gone
    inner join {{ ref('int_division_key') }} as before
        on
            gone.from_code = before.code
            and gone.change_date > before.valid_from
            and (before.valid_to is null or gone.change_date <= before.valid_to)
    inner join {{ ref('int_division_key') }} as after
        on
            gone.to_code = after.code
            and gone.change_date >= after.valid_from
            and (after.valid_to is null or gone.change_date < after.valid_to)
),

handed_on as (
    {% for level in upper_levels -%}
        {%- set deeper = levels()[loop.index:] %}
        select
            from_{{ level }} as from_code,
            to_{{ level }} as to_code,
            change_date,
            '{{ level }}' as level,
            part_level,
            {{ depth_digit('part_level') }} as depth,
            sum(part) as parts,
            max(case when to_code = to_{{ level }} then 1 else 0 end) = 1 as is_nested
        from both_ends
        where
            from_{{ level }} != to_{{ level }}
            and part_level in ('{{ deeper | join("', '") }}')
        group by from_{{ level }}, to_{{ level }}, change_date, part_level
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- the largest divisions that went tell best
told_best as (
    select
        *,
        row_number() over (partition by from_code, to_code, change_date order by depth desc, level asc) as choice
    from handed_on
),

whole as (
    {% for level in upper_levels -%}
        select
            asked.from_code,
            asked.change_date,
            asked.level,
            asked.part_level,
            count(*) as parts
        from (
            select distinct
                told_best.from_code,
                told_best.change_date,
                told_best.level,
                told_best.part_level
            from told_best
            where told_best.level = '{{ level }}' and told_best.choice = 1
        ) as asked
        inner join {{ ref('int_division_key') }} as division
            on
                asked.from_code = division.{{ level }}_key
                and asked.part_level = division.level
                and asked.change_date > division.valid_from
                and (division.valid_to is null or asked.change_date <= division.valid_to)
        group by asked.from_code, asked.change_date, asked.level, asked.part_level
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

going_on as (
    select distinct
        told_best.from_code,
        told_best.change_date
    from told_best
    inner join {{ ref('division') }} as division
        on
            told_best.from_code = division.code
            and told_best.change_date >= division.valid_from
            and (division.valid_to is null or told_best.change_date < division.valid_to)
)

select
    stated.from_code,
    stated.to_code,
    stated.change_date,
    left_behind.ends,
    stated.weight,
    coalesce(stated.weight_basis, case when stated.weight is not null then 'given' end) as weight_basis,
    false as is_nested
from stated
inner join left_behind
    on
        stated.from_code = left_behind.from_code
        and stated.change_date = left_behind.change_date
union all
select
    told_best.from_code,
    told_best.to_code,
    told_best.change_date,
    going_on.from_code is null as ends,
    least(told_best.parts / whole.parts, 1.0) as weight,
    'divisions' as weight_basis,
    told_best.is_nested
from told_best
inner join whole
    on
        told_best.from_code = whole.from_code
        and told_best.change_date = whole.change_date
        and told_best.level = whole.level
        and told_best.part_level = whole.part_level
left join left_behind
    on
        told_best.from_code = left_behind.from_code
        and told_best.change_date = left_behind.change_date
left join going_on
    on
        told_best.from_code = going_on.from_code
        and told_best.change_date = going_on.change_date
where told_best.choice = 1 and left_behind.from_code is null
