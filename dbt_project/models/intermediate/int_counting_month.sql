with

site as (
    select
        run_date,
        history_months
    from {{ ref('stg_site') }}
),

reported as (
    select min(reported_on) as first_reported
    from {{ ref('stg_file') }}
    where status in ('accepted', 'partly_returned')
),

-- the day after the end of a month, from the first to the last one that is over by the run date
month_over as (
    select
        unnest(generate_series(
            date_trunc('month', coalesce(reported.first_reported, site.run_date)) - to_months(site.history_months - 1),
            date_trunc('month', site.run_date + to_days(1)),
            to_months(1)
        )) as day
    from site
    cross join reported
)

select
    cast(day - to_days(1) as date) as as_of,
    cast(day - to_months(1) - to_days(1) as date) as opening_on
from month_over
