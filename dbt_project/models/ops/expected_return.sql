with delivered as (
    select
        form_id,
        unit_code,
        period,
        min(unit_level) as unit_level,
        count(*) as deliveries,
        sum(case when status in ('accepted', 'partly_returned') and corrects_file_id is not null then 1 else 0 end)
            as corrections,
        min(case when status in ('accepted', 'partly_returned') then cast(received_at as date) end) as first_received_on
    from {{ ref('stg_file') }}
    where
        form_id is not null
        and unit_code is not null
        and period is not null
        and status <> 'duplicate'
    group by form_id, unit_code, period
),

-- whoever has had a form accepted once is expected to send it every month from then on
months as (
    select
        d.form_id,
        d.unit_code,
        min(d.unit_level) as unit_level,
        min(s.run_date) as run_date,
        {{ month_starts("cast(min(d.period) || '-01' as date)", "min(s.run_date)") }} as month_start
    from delivered as d
    cross join {{ ref('stg_site') }} as s
    where d.first_received_on is not null
    group by d.form_id, d.unit_code
),

ended as (
    select
        form_id,
        unit_code,
        unit_level,
        run_date,
        substring(cast(month_start as varchar), 1, 7) as period,
        cast({{ dbt.last_day('month_start', 'month') }} as date) as period_end
    from months
),

expected as (
    select
        e.*,
        {{ plus_days('e.period_end', 'coalesce(own.due_days, usual.due_days)') }} as due_on
    from ended as e
    inner join {{ ref('form_due') }} as usual on usual.form_id = 'any'
    left join {{ ref('form_due') }} as own on e.form_id = own.form_id
)

select
    e.form_id,
    e.unit_code,
    e.unit_level,
    e.period,
    e.period_end,
    e.due_on,
    case
        when d.first_received_on is not null then 'arrived'
        when d.period is not null then 'returned'
        when e.due_on >= e.run_date then 'due'
        else 'missing'
    end as status,
    d.first_received_on,
    cast({{ dbt.datediff('e.due_on', 'd.first_received_on', 'day') }} as bigint) as days_late,
    cast(coalesce(d.deliveries, 0) as bigint) as deliveries,
    cast(coalesce(d.corrections, 0) as bigint) as corrections
from expected as e
left join delivered as d
    on
        e.form_id = d.form_id
        and e.unit_code = d.unit_code
        and e.period = d.period
