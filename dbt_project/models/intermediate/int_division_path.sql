{#
    What a code of an earlier day is in the newest register, as paths that can be compared (macros/places.sql): one that
    was divided has several, one that was put together with others adds itself to the path of what they became, and one of
    which nobody knows what became of it lies somewhere in the division above.
#}
with recursive

span as (
    select
        *,
        case when previous_to is null then {{ beginning_of_time() }} else span_from end as reported_from,
        coalesce(next_from, {{ end_of_time() }}) as reported_to
    from {{ ref('int_division_span') }}
),

link as (
    select *
    from {{ ref('int_division_link') }}
),

final_span as (
    select
        span.*,
        span.span_to < {{ end_of_time() }} as has_ended
    from span
    where span.span_id not in (select link.from_id from link)
),

last_row as (
    select
        final_span.span_id,
        final_span.code,
        final_span.span_from,
        final_span.span_to,
        {{ upper_code('division') }} as upper_code,
        row_number() over (partition by final_span.span_id order by division.valid_from desc) as age
    from final_span
    inner join {{ ref('division') }} as division
        on
            final_span.code = division.code
            and final_span.span_to > division.valid_from
    where final_span.has_ended
),

newest as (
    select *
    from (
        select
            division.*,
            {{ path_of('division') }} as path,
            row_number() over (partition by division.code order by division.valid_from desc) as age
        from {{ ref('division') }} as division
        where division.code in (
            select span.code
            from span
            union
            select last_row.upper_code as code
            from last_row
        )
    ) as aged
    where age = 1
),

-- nobody knows what became of them: they lie in the division above, whatever became of that
in_upper as (
    select
        last_row.span_id as from_id,
        span.span_id as to_id,
        '#' || last_row.code as own_part
    from last_row
    inner join span
        on
            last_row.upper_code = span.code
            and last_row.span_to > span.reported_from
            and last_row.span_to <= span.reported_to
    where last_row.age = 1 and span.span_to > last_row.span_from
),

step as (
    select
        link.from_id,
        link.to_id,
        case when link.sources > 1 or link.is_nested then '#' || span.code else '' end as own_part
    from link
    inner join span on link.from_id = span.span_id
    union all
    select *
    from in_upper
),

walked as (
    select
        final_span.span_id,
        newest.path,
        newest.code as last_code
    from final_span
    inner join newest on final_span.code = newest.code
    where not final_span.has_ended
    union
    select
        last_row.span_id,
        coalesce(newest.path || '#', '') || last_row.code as path,
        coalesce(newest.code, last_row.code) as last_code
    from last_row
    left join newest on last_row.upper_code = newest.code
    where last_row.age = 1 and last_row.span_id not in (select in_upper.from_id from in_upper)
    union
    select
        step.from_id as span_id,
        walked.path || step.own_part as path,
        walked.last_code
    from walked
    inner join step on walked.span_id = step.to_id
),

known as (
    select
        walked.span_id,
        string_agg(walked.path, '|' order by walked.path) as path,
        count(*) as alternatives,
        max(case when contains(walked.path, '#') then 1 else 0 end) = 1 as is_part,
        min(newest.level) as last_level,
    {% for level in levels() -%}
        {{ shared_value('newest.' ~ level ~ '_code') }} as {{ level }}_code{{ ',' if not loop.last }}
    {% endfor %}
    from walked
    inner join newest on walked.last_code = newest.code
    group by walked.span_id
),

-- as far as one division became one other, its people go by the newer code
renewed as (
    select
        span_id,
        span_id as last_id
    from span
    union all
    select
        renewed.span_id,
        link.to_id as last_id
    from renewed
    inner join link on renewed.last_id = link.from_id
    where link.successors = 1 and link.sources = 1 and not link.is_nested
),

lasting as (
    select
        renewed.span_id,
        last_span.span_id as last_id,
        last_span.code,
        last_span.span_from,
        row_number() over (partition by renewed.span_id order by last_span.span_from desc) as age
    from renewed
    inner join span as last_span on renewed.last_id = last_span.span_id
),

-- a code that was given to another place since stands for that
reused as (
    select distinct lasting.span_id
    from lasting
    inner join span as later
        on
            lasting.code = later.code
            and lasting.span_from < later.span_from
    left join {{ ref('int_division_lineage') }} as related
        on
            lasting.last_id = related.from_id
            and later.span_id = related.to_id
    where lasting.age = 1 and related.from_id is null
),

named as (
    select
        span.span_id,
        span.code,
        span.reported_from,
        span.reported_to,
        known.path,
        case
            when reused.span_id is null then lasting.code
            else coalesce({{ deepest_code('known') }}, lasting.code)
        end as place_code,
        case
            when known.alternatives = 1 and not known.is_part then null
            when known.alternatives = 1 then known.last_level
            {% for level in levels() | reverse -%}
                when known.{{ level }}_code is not null then '{{ level }}'
            {% endfor -%}
            else 'nothing'
        end as lies_in
    from span
    inner join known on span.span_id = known.span_id
    inner join lasting
        on
            span.span_id = lasting.span_id
            and lasting.age = 1
    left join reused on span.span_id = reused.span_id
)

select
    named.code,
    named.reported_from,
    named.reported_to,
    named.place_code,
    newest.level,
    named.lies_in,
    named.path
from named
inner join newest on named.place_code = newest.code
