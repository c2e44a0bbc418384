with asked as (
    select origin_code as code
    from {{ ref('stg_report_cell') }}
    where form_id = 'od_return'
    union
    select dest_code as code
    from {{ ref('stg_report_cell') }}
    where form_id = 'od_return'
    union
    select cell_unit_code as code
    from {{ ref('stg_report_cell') }}
    where form_id = 'od_return'
    union
    select unit_code as code
    from {{ ref('stg_report_cell') }}
    where form_id = 'od_return'
    union
    select origin_code as code
    from {{ ref('int_counting_stay') }}
    union
    select dest_code as code
    from {{ ref('int_counting_stay') }}
),

ranked as (
    select
        asked.code,
        {{ path_of('division') }} as ancestors,
        row_number() over (partition by asked.code order by division.valid_from desc) as choice
    from asked
    left join {{ ref('division') }} as division on asked.code = division.code
    where asked.code is not null
)

select
    code,
    coalesce(nullif(ancestors, ''), code) as path
from ranked
where choice = 1
