{{ per_person() }}

with reported as (
    select
        person_key,
        max_by(sex, {{ order_key(['reported_on', 'sex']) }}) filter (where sex is not null) as sex,
        max_by(birth_date, {{ order_key(['reported_on', 'birth_date']) }})
        filter (where birth_date is not null) as birth_date,
        max_by(hukou_nature, {{ order_key(['reported_on', 'hukou_nature']) }})
        filter (where hukou_nature is not null) as hukou_nature,
        max_by(education_code, {{ order_key(['reported_on', 'education_code']) }})
        filter (where education_code is not null) as education_code,
        min(reported_on) as first_reported,
        max(reported_on) as last_reported
    from {{ ref('int_claim') }}
    group by person_key
),

latest as (
    select
        person_key,
        origin_code,
        origin_level,
        row_number() over (
            partition by person_key
            order by last_reported desc, {{ depth_digit('origin_level') }}, origin_code
        ) as age
    from {{ ref('int_stay') }}
    where origin_code is not null
)

select
    r.person_key,
    r.sex,
    r.birth_date,
    l.origin_code as hukou_code,
    l.origin_level as hukou_level,
    r.hukou_nature,
    r.education_code,
    r.first_reported,
    r.last_reported
from reported as r
left join latest as l
    on
        r.person_key = l.person_key
        and l.age = 1
