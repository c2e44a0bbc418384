with asked as (
    {% for place in ['origin_code', 'dest_code'] -%}
        select {{ place }} as code
        from {{ ref('stg_person_row') }}
        where {{ place }} is not null and {{ is_touched() }}
        {{ 'union' if not loop.last }}
    {% endfor %}
),

newest as (
    select
        division.code,
        division.level,
        {{ path_of('division') }} as path,
        row_number() over (partition by division.code order by division.valid_from desc) as age
    from {{ ref('division') }} as division
    inner join asked on division.code = asked.code
)

select
    asked.code,
    coalesce(path.reported_from, {{ beginning_of_time() }}) as reported_from,
    coalesce(path.reported_to, {{ end_of_time() }}) as reported_to,
    coalesce(path.place_code, asked.code) as place_code,
    coalesce(path.level, newest.level) as level,
    path.lies_in,
    coalesce(path.path, nullif(newest.path, ''), asked.code) as path
from asked
left join newest
    on
        asked.code = newest.code
        and newest.age = 1
left join {{ ref('int_division_path') }} as path on asked.code = path.code
