with asked as (
    select distinct
        dest_code as code,
        reported_on
    from {{ ref('int_claim') }}
    where dest_code is not null
),

ranked as (
    select
        a.code,
        a.reported_on,
        concat_ws('/', d.province_code, d.city_code, d.county_code, d.township_code, d.village_code) as ancestors,
        row_number() over (
            partition by a.code, a.reported_on
            order by
                case
                    when d.valid_from <= a.reported_on and (d.valid_to is null or a.reported_on < d.valid_to) then 0
                    else 1
                end,
                d.valid_from desc
        ) as choice
    from asked as a
    left join {{ ref('division') }} as d on a.code = d.code
)

select
    code,
    reported_on,
    coalesce(nullif(ancestors, ''), code) as path
from ranked
where choice = 1
