with

event as (
    select *
    from {{ ref('int_division_event') }}
),

touched as (
    select
        from_code as code,
        change_date as day
    from event
    union
    select
        to_code as code,
        change_date as day
    from event
),

-- of codes that changed, ended or came back
known as (
    select
        code,
        name,
        valid_from,
        coalesce(valid_to, {{ end_of_time() }}) as valid_to,
        lag(valid_to) over (partition by code order by valid_from) as previous_to
    from {{ ref('division') }}
    where code in (
        select touched.code
        from touched
        union
        select division.code
        from {{ ref('division') }} as division
        group by division.code
        having
            max(coalesce(division.valid_to, {{ end_of_time() }})) < {{ end_of_time() }}
            or sum({{ days_between('division.valid_from', "coalesce(division.valid_to, " ~ end_of_time() ~ ")") }})
            < {{ days_between('min(division.valid_from)', end_of_time()) }}
    )
),

numbered as (
    select
        *,
        sum(case when valid_from = previous_to then 0 else 1 end) over (
            partition by code
            order by valid_from
            rows between unbounded preceding and current row
        ) as run_number
    from known
),

run as (
    select
        code,
        run_number,
        min(valid_from) as run_from,
        max(valid_to) as run_to
    from numbered
    group by code, run_number
),

cut as (
    select
        code,
        run_number,
        run_to,
        run_from as span_from,
        false as is_cut
    from run
    union all
    select
        run.code,
        run.run_number,
        run.run_to,
        touched.day as span_from,
        true as is_cut
    from run
    inner join touched
        on
            run.code = touched.code
            and run.run_from < touched.day
            and run.run_to > touched.day
),

cut_to as (
    select
        *,
        coalesce(lead(span_from) over (partition by code, run_number order by span_from), run_to) as span_to
    from cut
),

-- where a code has ended, what a register says of it afterwards is nothing new, unless it was given to another place
living as (
    select cut_to.*
    from cut_to
    where
        not cut_to.is_cut
        or not exists (
            select event.from_code
            from event
            where event.from_code = cut_to.code and event.change_date = cut_to.span_from and event.ends
        )
        or exists (
            select event.from_code
            from event
            where event.to_code = cut_to.code and event.change_date = cut_to.span_from
        )
        or exists (
            select before.code
            from known as before
            inner join known as after
                on
                    before.code = after.code
                    and before.valid_to = after.valid_from
                    and before.name != after.name
            where after.code = cut_to.code and after.valid_from = cut_to.span_from
        )
)

select
    cast(row_number() over (order by code, span_from) as integer) as span_id,
    code,
    span_from,
    span_to,
    lag(span_to) over code_history as previous_to,
    lead(span_from) over code_history as next_from
from living
window code_history as (partition by code order by span_from)
