with delivered as (
    select
        form_id,
        unit_code,
        period,
        min(unit_level) as unit_level,
        count(*) as deliveries,
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

expected as (
    select
        form_id,
        unit_code,
        unit_level,
        run_date,
        substring(cast(month_start as varchar), 1, 7) as period,
        cast({{ dbt.last_day('month_start', 'month') }} as date) as period_end
    from months
)

select
    e.form_id,
    e.unit_code,
    e.unit_level,
    e.period,
    e.period_end,
    case
        when d.first_received_on is not null then 'arrived'
        when d.period is not null then 'returned'
        when e.period_end > e.run_date then 'due'
        else 'missing'
    end as status,
    d.first_received_on,
    cast({{ dbt.datediff('e.period_end', 'd.first_received_on', 'day') }} as bigint) as days_late,
    cast(coalesce(d.deliveries, 0) as bigint) as deliveries
from expected as e
left join delivered as d
    on
        e.form_id = d.form_id
        and e.unit_code = d.unit_code
        and e.period = d.period
